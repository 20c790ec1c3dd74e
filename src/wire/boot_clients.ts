/**
 * The kinds of machines that load what they run from the network, and how they are told apart:
 * by their architecture in option 93 (RFC 4578 §2.1, IANA's "Processor Architecture Types").
 */

/**
 * Kinds of clients, each of which may need a boot file of its own. `http-…` loads from a URL (UEFI
 * specification, "HTTP Boot"), the others by TFTP; `ipxe` is firmware that iPXE has replaced, of
 * whatever architecture, and takes both.
 */
export const BOOT_KINDS = [
  "bios",
  "uefi-ia32",
  "uefi-x64",
  "uefi-arm32",
  "uefi-arm64",
  "uefi-riscv64",
  "uefi-loongarch64",
  "uboot-arm32",
  "uboot-arm64",
  "http-bios",
  "http-ia32",
  "http-x64",
  "http-arm32",
  "http-arm64",
  "http-riscv64",
  "http-loongarch64",
  "ipxe",
] as const;

export type BootKind = typeof BOOT_KINDS[number];

/** From the number that a client sends to its kind; those that nobody builds are left out. */
const KIND_BY_ARCHITECTURE: ReadonlyMap<number, BootKind> = new Map([
  [0, "bios"],
  [6, "uefi-ia32"],
  [7, "uefi-x64"],
  // "EBC" in the registry. RFC 4578 was printed with 7 and 9 the other way round, and firmware was
  // built after it.
  [9, "uefi-x64"],
  [10, "uefi-arm32"],
  [11, "uefi-arm64"],
  [15, "http-ia32"],
  [16, "http-x64"],
  [18, "http-arm32"],
  [19, "http-arm64"],
  [20, "http-bios"],
  [21, "uboot-arm32"],
  [22, "uboot-arm64"],
  [23, "http-arm32"],
  [24, "http-arm64"],
  [27, "uefi-riscv64"],
  [28, "http-riscv64"],
  [39, "uefi-loongarch64"],
  [40, "http-loongarch64"],
]);

/** The kind of an architecture, or `undefined` for one that the table does not have. */
export function kindOfArchitecture(architecture: number): BootKind | undefined {
  return KIND_BY_ARCHITECTURE.get(architecture);
}

/** The architectures of a kind; none of what runs on any. */
export function codesOfArchitecture(kind: BootKind): readonly number[] {
  return [...KIND_BY_ARCHITECTURE].filter(([, it]) => it === kind).map(([code]) => code);
}

/** Whether a client of the kind loads from a URL only. */
export function bootsByHttp(kind: BootKind): boolean {
  return kind.startsWith("http-");
}
