/** Names: those that one part of the file gives to another, and those of interfaces. */
import { parseIpv4 } from "../wire/ipv4.ts";
import { putInQuotes, Refusal, textSchema } from "./schema_parts.ts";
import { quote } from "./explanation.ts";
import { CONTROL_CHARACTER } from "./value_schemas.ts";

/** IFNAMSIZ of linux/if.h without the NUL at the end. */
const INTERFACE_NAME_OCTETS_MAX = 15;

/** What the operator calls a thing of the file. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** A name that other parts of the file refer to. */
function nameSchema(what: string) {
  return textSchema<string>({
    expected: `the name of ${what}: letters, digits, hyphens`,
    read: (text) => NAME.test(text) ? text : undefined,
    hintFor: putInQuotes,
    pattern: NAME.source,
  });
}

/** The name of a shared network. */
export const networkNameSchema = nameSchema("a shared network");

/** The name of a class. */
export const classNameSchema = nameSchema("a class");

/** Nobody names an interface so, but a list that lacks its spaces, and odd quotes, look like it. */
const NO_NAME = /^-|["'`“”„‘’‚«»,[\]{}]/;

/** The name of a network interface, as dev_valid_name() of the Linux kernel has it, and people. */
export const interfaceNameSchema = textSchema<string>({
  expected: "the name of an interface like eth0",
  read(text) {
    const octets = new TextEncoder().encode(text).length;
    if (octets === 0 || text === "." || text === "..") return undefined;
    if (parseIpv4(text.split("/")[0]!) !== undefined) {
      return new Refusal(`${text} is an address, and no name of an interface`);
    }
    if (/[*?]/.test(text)) {
      return new Refusal(`${quote(text)} is a pattern: each interface is listed by its name`);
    }
    // Kea's way to choose one of the addresses of an interface.
    const [, before] = /^([^\s/:]+)\/[\d.]+$/.exec(text) ?? [];
    if (before !== undefined) {
      return new Refusal(`${quote(text)} has an address behind the interface`, `write ${before}`);
    }
    if (/[\s/:]/.test(text) || NO_NAME.test(text) || CONTROL_CHARACTER.test(text)) {
      return undefined;
    }
    if (octets <= INTERFACE_NAME_OCTETS_MAX) return text;
    return new Refusal(
      `${quote(text)} is longer than a name of an interface can be, ` +
        `${INTERFACE_NAME_OCTETS_MAX} octets`,
    );
  },
  hintFor: putInQuotes,
  isListed: true,
  pattern: String.raw`^[^\s/:]{1,15}$`,
});
