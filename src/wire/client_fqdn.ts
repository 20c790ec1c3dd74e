/** Option 81, the client FQDN (RFC 4702 §2): flags, two octets of RCODE, a domain name. */

/** RFC 4702 §2.1. */
const Flag = { S: 1, O: 2, E: 4, N: 8 } as const;

/** RFC 4702 §2.2: no longer in use; a server "SHOULD set this to 255". */
const RCODE = 255;

const HEADER_OCTETS = 3;

/** RFC 1035 §2.3.4. */
const LABEL_OCTETS_MAX = 63;

export interface ClientFqdn {
  /** S: the server updates the A record (in a request: "please do"). */
  readonly serverUpdatesA: boolean;
  /** O: the server's S is not what the client asked for; 0 in a request. */
  readonly isOverridden: boolean;
  /** E: the name is in the encoding of DNS, not in ASCII, which is deprecated. */
  readonly isCanonical: boolean;
  /** N: the server updates nothing (in a request: "please do not"). */
  readonly noUpdates: boolean;
  /**
   * Labels with dots between; `""` when there is none. As the client sent it: untrusted text. Says
   * not whether it is qualified: servers go by the first label.
   */
  readonly name: string;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The value of an option 81; `undefined` where it is none. Bits that MUST be zero are ignored. */
export function decodeClientFqdn(payload: Uint8Array): ClientFqdn | undefined {
  if (payload.length < HEADER_OCTETS) return undefined;
  const flags = payload[0]!;
  const isCanonical = (flags & Flag.E) !== 0;
  const nameOctets = payload.subarray(HEADER_OCTETS);
  const name = isCanonical ? decodeLabels(nameOctets) : decodeAscii(nameOctets);
  if (name === undefined) return undefined;
  return {
    serverUpdatesA: (flags & Flag.S) !== 0,
    isOverridden: (flags & Flag.O) !== 0,
    isCanonical,
    noUpdates: (flags & Flag.N) !== 0,
    name,
  };
}

/** The payload of a reply's option 81. The name is qualified, of ASCII, without a dot at its end. */
export function encodeClientFqdn(fqdn: ClientFqdn): Uint8Array {
  const { serverUpdatesA, isOverridden, isCanonical, noUpdates, name } = fqdn;
  const payload = new Uint8Array(HEADER_OCTETS + name.length + (isCanonical ? 2 : 0));
  payload[0] = (serverUpdatesA ? Flag.S : 0) | (isOverridden ? Flag.O : 0) |
    (isCanonical ? Flag.E : 0) | (noUpdates ? Flag.N : 0);
  payload[1] = RCODE;
  payload[2] = RCODE;
  if (isCanonical) writeLabels(name, payload, HEADER_OCTETS);
  else for (let i = 0; i < name.length; i++) payload[HEADER_OCTETS + i] = name.charCodeAt(i);
  return payload;
}

/**
 * RFC 4702 §2.3.1: labels after RFC 1035 §3.1, never compressed. A name that is not qualified
 * ends without the empty label.
 */
function decodeLabels(octets: Uint8Array): string | undefined {
  const labels: string[] = [];
  let at = 0;
  while (at < octets.length) {
    const length = octets[at++]!;
    if (length === 0) return at === octets.length ? labels.join(".") : undefined;
    if (length > LABEL_OCTETS_MAX || at + length > octets.length) return undefined;
    labels.push(decoder.decode(octets.subarray(at, at + length)));
    at += length;
  }
  return labels.join(".");
}

/** Some clients end the text with a NUL, as they do in option 12. */
function decodeAscii(octets: Uint8Array): string {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end--;
  return decoder.decode(octets.subarray(0, end));
}

/** Writes the name with the empty label at its end. */
function writeLabels(name: string, bytes: Uint8Array, start: number): void {
  let at = start;
  for (const label of name.split(".")) {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  }
  bytes[at] = 0;
}
