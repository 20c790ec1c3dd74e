/** Classes of clients, as the engine reads them (types only). */
import type { Glob } from "../wire/glob.ts";
import type { ScopeSettings } from "./config.ts";

/** Clients that have something in common, and what they are given for it. */
export interface ClientClass extends ScopeSettings {
  readonly name: string;
  /** Whether its members, save those with a reservation, get no answer. */
  readonly isDenied: boolean;
  /** Leases that its members may have at once, all together. */
  readonly limit?: number;
}

/** Something that is known of a client: no, one, or several values, each of them octets. */
export type ClassField =
  | {
    /**
     * The Ethernet address; `giaddr`; the interface's name; each class of option 77, and all of it;
     * each architecture of option 93, two octets; 1 of who has a reservation; the DUID in option
     * 61; the type of the hardware address.
     */
    readonly kind:
      | "mac"
      | "relay"
      | "interface"
      | "user-class"
      | "architecture"
      | "reserved"
      | "duid"
      | "htype";
    readonly ignoresCase?: boolean;
  }
  | {
    /** An option, as text without the NULs at its end or as it is; a sub-option of option 82. */
    readonly kind: "text-option" | "option" | "relay-information";
    readonly code: number;
    /** Whether its values are compared with small letters in place of capital ones. */
    readonly ignoresCase?: boolean;
  };

/** What is said of a client; `field` is an index of `ClientClasses.fields`. */
export type ClassMatch =
  | { readonly kind: "all" | "any"; readonly parts: readonly ClassMatch[] }
  | { readonly kind: "not"; readonly part: ClassMatch }
  | { readonly kind: "field"; readonly field: number; readonly glob: Glob };

/** A client is in the class of an index of `ClientClasses.all` if this, or another test, says so. */
export interface ClassTest {
  readonly index: number;
  readonly match: ClassMatch;
}

/** Tests that can be true only where a value of a field begins with certain octets. */
export interface ClassIndex {
  readonly field: number;
  /** For each number of octets, whether there are tests of so many. */
  readonly hasLength: readonly boolean[];
  /** By `octetHash` of those octets. */
  readonly testsByHash: ReadonlyMap<number, readonly ClassTest[]>;
}

/** All classes, laid out so that a client is compared with few of them. */
export interface ClientClasses {
  /** In the order of the file: where several have a say, the earlier one counts. */
  readonly all: readonly ClientClass[];
  /** Those that are told by the relay agent or the interface, too: their indexes by their names. */
  readonly toldByWay: ReadonlyMap<string, number>;
  /** Names of those with a limit. */
  readonly limited: ReadonlySet<string>;
  readonly fields: readonly ClassField[];
  readonly indexes: readonly ClassIndex[];
  /** Those that anything might be true of. */
  readonly unindexed: readonly ClassTest[];
  /** Whether a reservation makes a difference to which classes a client is in. */
  readonly readsReservations: boolean;
}
