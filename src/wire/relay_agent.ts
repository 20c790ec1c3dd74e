/**
 * What a relay agent says of its client in option 82 (RFC 3046): the sub-options by name. In the
 * journal, the status and the log as JSON they are a map from names to octets in hex, in the order
 * of the wire, so that the option can be made of the map again, octet by octet.
 */
import { quote } from "./escape.ts";
import { formatHex, parseHex } from "./hex.ts";
import { formatIpv4, type Ipv4, readIpv4 } from "./ipv4.ts";
import { decodeSubOptions, type SubOption, subOption } from "./sub_options.ts";

/** Those that the engine itself names. */
export const RelaySubOption = {
  CIRCUIT_ID: 1,
  REMOTE_ID: 2,
  LINK_SELECTION: 5,
  FLAGS: 10,
  SERVER_ID_OVERRIDE: 11,
  RELAY_PORT: 19,
} as const;

/** The octets of an option that one length octet can count. */
const OPTION_OCTETS_MAX = 255;

const SUB_OPTION_HEADER_OCTETS = 2;

interface RelaySubOptionDefinition {
  readonly code: number;
  /** As Kea spells it. */
  readonly name: string;
  /** The RFC that defines it. */
  readonly source: string;
}

/** The registry of IANA. */
export const RELAY_SUB_OPTIONS: readonly RelaySubOptionDefinition[] = [
  { code: 1, name: "circuit-id", source: "RFC 3046 §3.1" },
  { code: 2, name: "remote-id", source: "RFC 3046 §3.2" },
  { code: 4, name: "docsis-device-class", source: "RFC 3256" },
  { code: 5, name: "link-selection", source: "RFC 3527" },
  { code: 6, name: "subscriber-id", source: "RFC 3993" },
  { code: 7, name: "radius", source: "RFC 4014" },
  { code: 8, name: "auth", source: "RFC 4030" },
  { code: 9, name: "vendor-specific-info", source: "RFC 4243" },
  { code: 10, name: "relay-flags", source: "RFC 5010" },
  { code: 11, name: "server-id-override", source: "RFC 5107" },
  { code: 12, name: "relay-id", source: "RFC 6925" },
  { code: 13, name: "access-techno-type", source: "RFC 7839" },
  { code: 14, name: "access-network-name", source: "RFC 7839" },
  { code: 15, name: "access-point-name", source: "RFC 7839" },
  { code: 16, name: "access-point-bssid", source: "RFC 7839" },
  { code: 17, name: "operator-id", source: "RFC 7839" },
  { code: 18, name: "operator-realm", source: "RFC 7839" },
  { code: 19, name: "relay-port", source: "RFC 8357" },
  { code: 151, name: "virtual-subnet-select", source: "RFC 6607" },
  { code: 152, name: "virtual-subnet-select-ctrl", source: "RFC 6607" },
];

const NAMES: ReadonlyMap<number, string> = new Map(
  RELAY_SUB_OPTIONS.map(({ code, name }) => [code, name]),
);
const CODES: ReadonlyMap<string, number> = new Map(
  RELAY_SUB_OPTIONS.map(({ code, name }) => [name, code]),
);

/** A sub-option without a name of its own; not the bare number, which JSON would put first. */
const NUMBERED = /^sub-option-(\d{1,3})$/;

/** The sub-options of an option 82 by name; its octets in hex where it is not made of such. */
export type RelayInformationByName = Readonly<Record<string, string>> | string;

/** Option 82 by name, in the form of the journal. */
export function nameRelayInformation(payload: Uint8Array): RelayInformationByName {
  const found = decodeSubOptions(payload);
  // Two with one name would be one in a map.
  if (found === undefined || new Set(found.map(({ code }) => code)).size < found.length) {
    return formatHex(payload);
  }
  return Object.fromEntries(found.map(({ code, value }) => [nameOf(code), formatHex(value)]));
}

/** The octets of an option 82 in the form of the journal; `undefined` for what is not of it. */
export function readRelayInformation(written: unknown): Uint8Array | undefined {
  if (typeof written === "string") return withinOption(parseHex(written));
  if (typeof written !== "object" || written === null) return undefined;
  const octets: number[] = [];
  for (const [name, hex] of Object.entries(written)) {
    const code = relaySubOptionCode(name);
    const value = typeof hex === "string" ? parseHex(hex) : undefined;
    if (code === undefined || value === undefined) return undefined;
    octets.push(code, value.length, ...value);
  }
  return withinOption(octets);
}

function withinOption(octets: ArrayLike<number> | undefined): Uint8Array | undefined {
  if (octets === undefined || octets.length === 0 || octets.length > OPTION_OCTETS_MAX) {
    return undefined;
  }
  return Uint8Array.from(octets);
}

/** The code that a name of the journal stands for. */
export function relaySubOptionCode(name: string): number | undefined {
  const code = CODES.get(name);
  if (code !== undefined) return code;
  const numbered = Number(NUMBERED.exec(name)?.[1] ?? NaN);
  return numbered <= OPTION_OCTETS_MAX && nameOf(numbered) === name ? numbered : undefined;
}

function nameOf(code: number): string {
  return NAMES.get(code) ?? `sub-option-${code}`;
}

/**
 * Option 82 for a line that people read: `circuit-id "eth0" remote-id 02:00:00:00:00:01`. Text is
 * shown as text, addresses as such, all else in hex.
 */
export function showRelayInformation(payload: Uint8Array): string {
  const found = decodeSubOptions(payload);
  if (found === undefined) return `option 82 ${formatHex(payload)}`;
  return found.map((it) => `${nameOf(it.code)} ${showValue(it)}`.trimEnd()).join(" ");
}

/** What relay agents use for text; anything else is meant as octets. */
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

function showValue({ code, value }: SubOption): string {
  if (value.length === 0) return "";
  const isAddress = code === RelaySubOption.LINK_SELECTION ||
    code === RelaySubOption.SERVER_ID_OVERRIDE;
  if (isAddress && value.length === 4) return formatIpv4(readIpv4(value, 0));
  const isText = value.every((octet) => octet >= FIRST_PRINTABLE && octet <= LAST_PRINTABLE);
  return isText ? quote(String.fromCharCode(...value)) : formatHex(value);
}

/** A sub-option that is an address; `undefined` when it is not there, or of another length. */
export function relayAddress(payload: Uint8Array | undefined, code: number): Ipv4 | undefined {
  const value = payload === undefined ? undefined : subOption(payload, code);
  return value?.length === 4 ? readIpv4(value, 0) : undefined;
}

/** Octets of a sub-option with its code and length octets. */
export function subOptionOctets(valueOctets: number): number {
  return SUB_OPTION_HEADER_OCTETS + valueOctets;
}
