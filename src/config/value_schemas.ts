/** The values of the config that are text of some form: addresses, ranges, durations, names. */
import { formatHex, parseHex } from "../wire/hex.ts";
import {
  type Cidr,
  formatCidr,
  formatIpv4,
  type Ipv4,
  isUnicast,
  lastAddress,
  networkOf,
  parseCidr,
  parseIpv4,
} from "../wire/ipv4.ts";
import { parseIpv6 } from "../wire/ipv6.ts";
import { formatRange } from "./address_range.ts";
import type { AddressRange } from "./config.ts";
import {
  DURATION_PATTERN,
  DURATION_SECONDS_MAX,
  formatDuration,
  parseDuration,
} from "./duration.ts";
import { didYouMean, quote } from "./explanation.ts";
import { putInQuotes, Refusal, type TextForm, textSchema } from "./schema_parts.ts";

/** A subnet of more addresses than this is taken for a typing error. */
const PREFIX_LENGTH_MIN = 8;
const MAC_OCTETS = 6;
/** RFC 1035 §2.3.4, without the octets that only the wire has. */
const HOSTNAME_LENGTH_MAX = 253;

export const ADDRESS_PATTERN = String.raw`\d{1,3}(\.\d{1,3}){3}`;
const HEX_PATTERN = "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2})*$";
/** RFC 1123 §2.1: letters, digits and, between them, hyphens. */
const LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const HOSTNAME = new RegExp(String.raw`^${LABEL}(\.${LABEL})*$`);
/** What text of one line has not. */
// deno-lint-ignore no-control-regex -- control characters are what it looks for
export const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

const ipv4Form: TextForm<Ipv4> = {
  expected: "an IPv4 address like 192.168.1.1",
  read: parseIpv4,
  pattern: `^${ADDRESS_PATTERN}$`,
};

/** An IPv4 address. */
export const ipv4Schema = textSchema(ipv4Form);

/** An address of a relay agent: replies are sent to it. */
export const relaySchema = textSchema<Ipv4>({
  ...ipv4Form,
  expected: "the address of a relay agent like 10.20.0.1",
  read(text) {
    const address = parseIpv4(text);
    return address === undefined || isUnicast(address)
      ? address
      : new Refusal(`${text} is no address of a relay agent`);
  },
  isListed: true,
});

/** An IPv4 address of a list. */
export const ipv4ItemSchema = textSchema({ ...ipv4Form, isListed: true });

/** Two IPv4 addresses, as the options that carry pairs have them. */
export const ipv4PairSchema = textSchema<readonly [Ipv4, Ipv4]>({
  expected: 'two IPv4 addresses like "10.1.0.0 192.168.1.9"',
  read(text) {
    const [first, second, ...more] = text.trim().split(/\s+/).map(parseIpv4);
    if (first === undefined || second === undefined || more.length > 0) return undefined;
    return [first, second];
  },
  isListed: true,
  pattern: String.raw`^${ADDRESS_PATTERN}\s+${ADDRESS_PATTERN}$`,
});

/** The network of a subnet, no bits set beyond its prefix. */
export const subnetSchema = textSchema<Cidr>({
  expected: "a subnet like 192.168.1.0/24",
  read(text) {
    if (parseIpv4(text) !== undefined) {
      return new Refusal(`${text} has no prefix length`, didYouMean(`${text}/24`));
    }
    const cidr = parseCidr(text);
    if (cidr === undefined) return undefined;
    const problem = hostBits(cidr);
    if (problem !== undefined) return problem;
    if (cidr.prefixLength < PREFIX_LENGTH_MIN) {
      return new Refusal(`${text} is larger than the largest subnet, a /${PREFIX_LENGTH_MIN}`);
    }
    return isUnicast(cidr.network) ? cidr : new Refusal(`${text} is no network for hosts`);
  },
  hintFor: (value) => typeof value === "string" ? prefixInstead(value) : undefined,
  pattern: String.raw`^${ADDRESS_PATTERN}/\d{1,2}$`,
  examples: ["192.168.1.0/24"],
});

/** The hint for a network with its mask: `192.168.1.0/255.255.255.0`. */
function prefixInstead(text: string): string | undefined {
  const [network, mask, ...more] = text.trim().split(/[\s/]+/).map(parseIpv4);
  if (network === undefined || mask === undefined || more.length > 0) return undefined;
  const prefixLength = 32 - Math.log2(0x1_0000_0000 - mask);
  if (!Number.isInteger(prefixLength) || prefixLength < 0) return undefined;
  return didYouMean(formatCidr(networkOf(network, prefixLength)));
}

/** `192.168.1.7/24` is an address on a network, and not a network. */
function hostBits(cidr: Cidr): Refusal | undefined {
  const network = networkOf(cidr.network, cidr.prefixLength);
  if (network.network === cidr.network) return undefined;
  return new Refusal(
    `${formatCidr(cidr)} is not a network: it has bits set beyond the prefix`,
    didYouMean(formatCidr(network)),
  );
}

/** A network, or one address as the network of just that. */
export const networkOrAddressSchema = textSchema<Cidr>({
  expected: "an address like 10.0.0.1 or 10.9.0.0/24",
  read(text) {
    const address = parseIpv4(text);
    if (address !== undefined) return { network: address, prefixLength: 32 };
    const cidr = parseCidr(text);
    return cidr === undefined ? undefined : hostBits(cidr) ?? cidr;
  },
  isListed: true,
  hintFor: (value) => typeof value === "string" ? prefixInstead(value) : undefined,
  pattern: String.raw`^${ADDRESS_PATTERN}(/\d{1,2})?$`,
});

/** Where a route leads: a network, or `default` for everywhere else. */
export const destinationSchema = textSchema<Cidr>({
  expected: "a network like 10.0.0.0/8, or default",
  read(text) {
    if (text === "default") return { network: 0, prefixLength: 0 };
    const cidr = parseCidr(text);
    if (cidr !== undefined) return hostBits(cidr) ?? cidr;
    if (parseIpv4(text) === undefined) return undefined;
    return new Refusal(`${text} has no prefix length`, didYouMean(`${text}/32`));
  },
  hintFor: (value) => typeof value === "string" ? prefixInstead(value) : undefined,
  pattern: String.raw`^(${ADDRESS_PATTERN}/\d{1,2}|default)$`,
});

/** Addresses of a pool or an exclusion: `a-b`, a CIDR, or one address. */
export const rangeForm: TextForm<AddressRange> = {
  expected: "addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7",
  read(text) {
    const cidr = parseCidr(text);
    if (cidr !== undefined) {
      return hostBits(cidr) ?? { first: cidr.network, last: lastAddress(cidr) };
    }
    const ends = text.split("-").map((end) => parseIpv4(end.trim()));
    const [first, last] = ends.length === 1 ? [ends[0], ends[0]] : ends;
    if (first === undefined || last === undefined || ends.length > 2) return undefined;
    if (first <= last) return { first, last };
    return new Refusal(
      `the range ${text} is reversed: ${formatIpv4(last)} comes before ${formatIpv4(first)}`,
      didYouMean(formatRange({ first: last, last: first })),
    );
  },
  hintFor: (value) => typeof value === "string" ? rangeInFull(value) : undefined,
  isListed: true,
  pattern: String.raw`^${ADDRESS_PATTERN}(\s*-\s*${ADDRESS_PATTERN}|/\d{1,2})?$`,
  examples: ["192.168.1.100-192.168.1.199", "192.168.1.64/26"],
};

/** Addresses in the form of a range. */
export const rangeSchema = textSchema(rangeForm);

/** Two ends that are not joined by a hyphen alone, or the second of them by its last octet. */
const LOOSE_RANGE = /^((?:\d+\.){3})(\d+)(?:\s*[-–—]\s*|\s+(?:to\s+)?)((?:\d+\.){3})?(\d+)$/;

/** The hint for a range in short: `192.168.1.100-199`. */
function rangeInFull(text: string): string | undefined {
  const [, network, firstOctet, lastNetwork, lastOctet] = LOOSE_RANGE.exec(text) ?? [];
  const first = parseIpv4(`${network}${firstOctet}`);
  const last = parseIpv4(`${lastNetwork ?? network}${lastOctet}`);
  if (first === undefined || last === undefined || first >= last) return undefined;
  const areTwo = lastNetwork !== undefined && /^[\d.]+\s+[\d.]+$/.test(text);
  return `write ${formatRange({ first, last })}${areTwo ? ", or a comma between the two" : ""}`;
}

/** What a duration may be, beyond its form. */
export interface DurationBounds {
  readonly min: number;
  /** The most in seconds; `Infinity` allows `infinite`. */
  readonly max: number;
}

/** The form of durations, for the schemas that also take something else. */
export function durationForm({ min, max }: DurationBounds): TextForm<number> {
  return {
    expected: `a duration like 12h, 30m${max === Infinity ? ", 1h30m or infinite" : " or 1h30m"}`,
    read(text) {
      const seconds = parseDuration(text);
      if (seconds === undefined) {
        return /^\d+$/.test(text) ? bareNumber(text, Number(text)) : undefined;
      }
      if (seconds < min) return new Refusal(`${text} is below the least, ${formatDuration(min)}`);
      if (seconds === Infinity && max === Infinity) return seconds;
      if (seconds > DURATION_SECONDS_MAX && max === Infinity) {
        const hint = "write infinite for no end";
        return new Refusal(`${text} is above the most, ${DURATION_SECONDS_MAX}s`, hint);
      }
      if (seconds > max) return new Refusal(`${text} is above the most, ${formatDuration(max)}`);
      return seconds;
    },
    hintFor(value) {
      if (typeof value === "string") return unitsInShort(value);
      return typeof value === "number"
        ? bareNumber(String(value), value).explanation.hint
        : undefined;
    },
    pattern: DURATION_PATTERN,
  };
}

/** A number and its unit, as people write it who have not read the manual. */
const LOOSE_UNIT =
  /(?<!\d)(\d+)\s*(w(?:eeks?)?|d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])[\s,]*/gi;

/** The hint for units in words or capitals: `12H`, `2 hours`. */
function unitsInShort(text: string): string | undefined {
  const short = text.replace(LOOSE_UNIT, (_, count, unit) => count + unit.charAt(0).toLowerCase());
  return parseDuration(short) === undefined ? undefined : `write ${short}`;
}

/** A duration in seconds, within bounds. */
export function durationSchema(bounds: DurationBounds) {
  return textSchema(durationForm(bounds));
}

/** `3600` has no unit, and guessing one would make an hour of what was meant as minutes. */
function bareNumber(text: string, seconds: number): Refusal {
  const inSeconds = `${text}s`;
  const canBeSaid = Number.isInteger(seconds) && seconds >= 0 && seconds <= DURATION_SECONDS_MAX;
  const inUnits = canBeSaid ? formatDuration(seconds) : inSeconds;
  return new Refusal(
    `${text} has no unit`,
    inUnits === inSeconds ? `write ${inSeconds}` : `write ${inSeconds} or ${inUnits}`,
  );
}

/** An Ethernet address, as the engine writes it: `b8:27:eb:01:02:03`. */
export const macSchema = textSchema<string>({
  expected: "a MAC address like b8:27:eb:01:02:03",
  read(text) {
    const octets = parseHex(text);
    return octets?.length === MAC_OCTETS ? formatHex(octets) : undefined;
  },
  hintFor(value) {
    if (typeof value !== "string") return putInQuotes(value);
    const octets = parseHex(value.replace(/[\s.:-]/g, ""));
    return octets?.length === MAC_OCTETS ? `write ${quote(formatHex(octets))}` : undefined;
  },
  pattern: "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$",
});

/** Octets in hex, at least one. */
export const hexSchema = textSchema<Uint8Array>({
  expected: "octets in hex like 01:04:c0:a8",
  read(text) {
    const octets = parseHex(text);
    return octets?.length === 0 ? undefined : octets;
  },
  hintFor: putInQuotes,
  pattern: HEX_PATTERN,
});

/** A host name of one or more labels. */
export const hostnameSchema = textSchema<string>({
  expected: "a host name of letters, digits and hyphens",
  read: (text) => text.length <= HOSTNAME_LENGTH_MAX && HOSTNAME.test(text) ? text : undefined,
  hintFor: putInQuotes,
  pattern: HOSTNAME.source,
});

/** Labels of DNS: those of host names, and underscores, which services have in theirs. */
const DOMAIN_NAME = /^(?!.*\.\d+$)[A-Za-z0-9_]([\w-]{0,61}\w)?(\.\w([\w-]{0,61}\w)?)*$/;

/** `home.arpa` of `home.arpa.`: every name of the config ends at the root. */
function readDomainName(text: string): string | undefined {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  return name.length <= HOSTNAME_LENGTH_MAX && DOMAIN_NAME.test(name) ? name : undefined;
}

const domainNameForm: TextForm<string> = {
  expected: "a domain name like home.arpa",
  read: readDomainName,
  hintFor: putInQuotes,
  isListed: true,
  pattern: ".",
};

/** A domain name, with or without the dot of the root. */
export const domainNameSchema = textSchema(domainNameForm);

/** A server of SIP: its address, or its domain name. */
export const sipServerSchema = textSchema<Ipv4 | string>({
  ...domainNameForm,
  expected: "an IPv4 address or a domain name",
  read: (text) => parseIpv4(text) ?? readDomainName(text),
});

/** A URI of any scheme (RFC 3986 §3): what is not of ASCII is written as %xx. */
export const uriSchema = textSchema<string>({
  expected: "a URI like https://portal.example.com/",
  read: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$/.test(text) ? text : undefined,
  isListed: true,
  pattern: "^[A-Za-z][A-Za-z0-9+.-]*:",
});

/** The sixteen octets of an IPv6 address. */
export const ipv6Schema = textSchema<Uint8Array>({
  expected: "an IPv6 address like 2001:db8::1",
  read: parseIpv6,
  pattern: "^[0-9A-Fa-f:.]+$",
});

/** An IPv6 prefix. */
export const ipv6PrefixSchema = textSchema<
  { readonly octets: Uint8Array; readonly prefixLength: number }
>({
  expected: "an IPv6 prefix like 2001:db8::/32",
  read(text) {
    const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
    const octets = parseIpv6(address ?? "");
    const prefixLength = Number(length);
    return octets === undefined || prefixLength > 128 ? undefined : { octets, prefixLength };
  },
  pattern: String.raw`^[0-9A-Fa-f:.]+/\d{1,3}$`,
});

/** Text that is not empty and has no control characters. `what` names it: `a path`, `text`. */
export function plainTextSchema(what: string, hintOf?: (text: string) => string) {
  return textSchema<string>({
    expected: what,
    read(text) {
      if (text === "") return undefined;
      return CONTROL_CHARACTER.test(text)
        ? new Refusal(`${quote(text)} has control characters in it`, hintOf?.(text))
        : text;
    },
    hintFor: putInQuotes,
    pattern: ".",
  });
}

/** What useradd(8) takes. */
const USER_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

/** The name of an account of this machine. */
export const userSchema = textSchema<string>({
  expected: "the name of a user like sublet",
  read(text) {
    if (text === "root") return new Refusal("root has nothing to give up", "name another user");
    return USER_NAME.test(text) ? text : undefined;
  },
  pattern: USER_NAME.source,
});
