/** Which classes of the config a client is in, by what it sends and where it is heard. */
import type {
  ClassField,
  ClassIndex,
  ClassMatch,
  ClassTest,
  ClientClass,
  ClientClasses,
} from "../config/client_class.ts";
import { matchesGlob, smallLetters } from "../wire/glob.ts";
import { writeIpv4 } from "../wire/ipv4.ts";
import { Header, HTYPE_ETHERNET, type MessageView } from "../wire/message_view.ts";
import { EMPTY_HASH, growHash } from "../wire/octet_hash.ts";
import { Option } from "../wire/option_codes.ts";
import { subOption } from "../wire/sub_options.ts";
import type { Ingress } from "./endpoints.ts";

/** What is known of a client when it asks. */
export interface Asker {
  readonly view: MessageView;
  readonly ingress: Ingress;
  /** Option 82, where it can be believed. */
  readonly relayInformation: Uint8Array | undefined;
  /** Whether it has a reservation; absent where nobody minds. */
  readonly isReserved?: boolean;
}

export const NO_CLASSES: readonly ClientClass[] = [];

/** No client has more user classes or architectures; what follows in a hostile packet is passed over. */
const VALUES_MAX = 32;

/** The classes of a client, in the order of the file; `known` are some that it is in anyhow, once. */
export function classesOf(
  classes: ClientClasses,
  asker: Asker,
  known: readonly number[] = [],
): readonly ClientClass[] {
  const values = new FieldValues(classes.fields, asker);
  const found = [...known];
  for (const { index, match } of likelyTests(classes, values)) {
    if (!found.includes(index) && holds(match, values)) found.push(index);
  }
  if (found.length === 0) return NO_CLASSES;
  return found.sort((a, b) => a - b).map((index) => classes.all[index]!);
}

/**
 * The tests that may be true of a client: all that its values lead to, and all others. Each of them
 * once, though several values may lead to it: it looks at all of them by itself.
 */
export function likelyTests(
  classes: ClientClasses,
  values: FieldValues,
): Iterable<ClassTest> {
  if (classes.indexes.length === 0) return classes.unindexed;
  const tests = new Set(classes.unindexed);
  for (const index of classes.indexes) {
    for (const value of values.of(index.field)) collect(index, value, tests);
  }
  return tests;
}

/** Looks up each beginning of the value that a class is known by. */
function collect({ hasLength, testsByHash }: ClassIndex, value: Uint8Array, tests: Set<ClassTest>) {
  let hash = EMPTY_HASH;
  const end = Math.min(value.length, hasLength.length - 1);
  for (let i = 0; i < end; i++) {
    hash = growHash(hash, value[i]!);
    const found = hasLength[i + 1] === true ? testsByHash.get(hash) : undefined;
    for (const test of found ?? []) tests.add(test);
  }
}

function holds(match: ClassMatch, values: FieldValues): boolean {
  switch (match.kind) {
    case "all":
      return match.parts.every((part) => holds(part, values));
    case "any":
      return match.parts.some((part) => holds(part, values));
    case "not":
      return !holds(match.part, values);
    case "field":
      return values.of(match.field).some((value) => matchesGlob(match.glob, value));
  }
}

/** The values of a client's fields, each found once. */
export class FieldValues {
  readonly #fields: readonly ClassField[];
  readonly #asker: Asker;
  readonly #values: (readonly Uint8Array[] | undefined)[] = [];

  constructor(fields: readonly ClassField[], asker: Asker) {
    this.#fields = fields;
    this.#asker = asker;
  }

  /** The values of the field with this number. */
  of(field: number): readonly Uint8Array[] {
    return this.#values[field] ??= read(this.#fields[field]!, this.#asker);
  }
}

function read(field: ClassField, asker: Asker): readonly Uint8Array[] {
  const values = valuesOf(field, asker);
  return field.ignoresCase === true ? values.map(smallLetters) : values;
}

function valuesOf(
  field: ClassField,
  { view, ingress, relayInformation, isReserved }: Asker,
): readonly Uint8Array[] {
  switch (field.kind) {
    case "mac":
      if (view.htype !== HTYPE_ETHERNET) return [];
      return [view.bytes.subarray(Header.CHADDR, Header.CHADDR + view.hlen)];
    case "relay":
      return view.giaddr === 0 ? [] : [ipv4Octets(view.giaddr)];
    case "interface":
      return [encoder.encode(ingress.interfaceName)];
    case "user-class":
      return userClasses(view.option(Option.USER_CLASS));
    case "duid":
      return duidOf(view.option(Option.CLIENT_IDENTIFIER));
    case "htype":
      return [Uint8Array.of(view.htype)];
    case "reserved":
      return isReserved === true ? YES : NO;
    case "architecture":
      return pairs(view.option(Option.CLIENT_ARCHITECTURE));
    case "option":
      return present(view.option(field.code));
    case "text-option":
      return texts(view.option(field.code));
    case "relay-information":
      return present(relayInformation && subOption(relayInformation, field.code));
  }
}

/** RFC 4361 §6.1: option 61 of this type has an IAID of four octets and then a DUID. */
const CLIENT_ID_WITH_DUID = 255;
const BEFORE_DUID_OCTETS = 5;

function duidOf(clientId: Uint8Array | undefined): readonly Uint8Array[] {
  const isThere = clientId !== undefined && clientId[0] === CLIENT_ID_WITH_DUID &&
    clientId.length > BEFORE_DUID_OCTETS;
  return isThere ? [clientId.subarray(BEFORE_DUID_OCTETS)] : NO;
}

const YES: readonly Uint8Array[] = [Uint8Array.of(1)];
const NO: readonly Uint8Array[] = [];
const encoder = new TextEncoder();

function ipv4Octets(address: number): Uint8Array {
  const octets = new Uint8Array(4);
  writeIpv4(octets, 0, address);
  return octets;
}

function present(value: Uint8Array | undefined): readonly Uint8Array[] {
  return value === undefined ? [] : [value];
}

/**
 * The octets, and the text that they are without the NULs at its end: a receiver "MUST be prepared
 * to delete trailing nulls" (RFC 2132 §2).
 */
function texts(value: Uint8Array | undefined): readonly Uint8Array[] {
  if (value === undefined) return [];
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end--;
  return end === value.length ? [value] : [value, value.subarray(0, end)];
}

/** RFC 3004 §4: classes, each with its length, 1 or more, before it. iPXE sends a text instead. */
function userClasses(value: Uint8Array | undefined): readonly Uint8Array[] {
  if (value === undefined) return [];
  const classes: Uint8Array[] = [];
  for (let at = 0; at < value.length;) {
    const end = at + 1 + value[at]!;
    if (value[at] === 0 || end > value.length) return texts(value);
    addOnce(value.subarray(at + 1, end), classes);
    at = end;
  }
  return [...texts(value), ...classes.flatMap(texts)];
}

/** RFC 4578 §2.1: numbers of two octets. */
function pairs(value: Uint8Array | undefined): readonly Uint8Array[] {
  const octets = value ?? encoder.encode("");
  const numbers: Uint8Array[] = [];
  for (let at = 0; at + 2 <= octets.length; at += 2) addOnce(octets.subarray(at, at + 2), numbers);
  return numbers;
}

/** Adds a value that is not there yet, while there are not too many. */
function addOnce(value: Uint8Array, values: Uint8Array[]): void {
  if (values.length < VALUES_MAX && !values.some((it) => isSame(it, value))) values.push(value);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, i) => octet === other[i]);
}
