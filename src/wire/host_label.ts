/** From the host names that clients send to labels that may stand in DNS and in a hosts file. */

/** RFC 1035 §2.3.4. */
export const LABEL_OCTETS_MAX = 63;

/**
 * Names that programs look up to find a service or themselves: whoever had one would get the
 * traffic of others. RFC 6761 §6.3 (localhost), RFC 5214 (isatap), and wpad, by which browsers
 * look for their proxy.
 */
export const RESERVED_LABELS: readonly string[] = ["isatap", "localhost", "wpad"];

/** What systems send that nobody gave a name: the kernel's own, C's null, and the loopback's. */
const NO_NAME = /^(?:\((?:none|null)\)|localhost[46]?(?:\.localdomain[46]?)?\.?)$/i;

/** Whether a host name stands for none. */
export function isNoName(text: string): boolean {
  return NO_NAME.test(text);
}

/** RFC 1123 §2.1: letters, digits and, between them, hyphens. Case does not count in DNS. */
const CLEAN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** An address is no name of a host, and its first label would be one that says nothing. */
const DOTTED_QUAD = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What does not separate words: `Anna's` is `annas`. Marks are what NFKD splits off letters. */
const DROPPED = /['’‘`"“”\p{M}\p{Cf}]/gu;

/**
 * The first label of a client's host name, cleaned to RFC 1123: in lower case, letters without
 * their accents, hyphens in place of what else there is. `undefined` when nothing is left of it.
 */
export function hostLabel(text: string): string | undefined {
  if (isNoName(text)) return undefined;
  if (CLEAN.test(text)) return text;
  const trimmed = text.replace(/\0/g, "").trim();
  if (DOTTED_QUAD.test(trimmed)) return undefined;
  const first = trimmed.replace(/^\.+/, "").split(".", 1)[0]!;
  const label = first.normalize("NFKD").toLowerCase()
    .replace(DROPPED, "")
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, LABEL_OCTETS_MAX)
    .replace(/-+$/, "");
  return label === "" ? undefined : label;
}

/** A name in full, in lower case. One of several labels is taken to be that already. */
export function qualifyName(hostname: string, domain: string): string {
  const name = hostname.toLowerCase();
  return name.includes(".") ? name : `${name}.${domain}`;
}
