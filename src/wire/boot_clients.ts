/**
 * The kinds of machines that load what they run from the network, and how they are told apart:
 * by their architecture in option 93 (RFC 4578 §2.1, IANA's "Processor Architecture Types").
 */

interface Machine {
  /** For whom a boot file of this kind is. */
  readonly what: string;
  /** Its numbers in option 93; none for what runs on any machine. */
  readonly codes: readonly number[];
}

/**
 * Kinds of clients, each of which may need a boot file of its own. `http-…` loads from a URL (UEFI
 * specification, "HTTP Boot"), the others by TFTP; `ipxe` is firmware that iPXE has replaced, of
 * whatever architecture, and takes both.
 */
const MACHINES = {
  "bios": { what: "PCs with a BIOS", codes: [0] },
  "uefi-ia32": { what: "32-bit PCs with UEFI", codes: [6] },
  // 9 is "EBC" in the registry. RFC 4578 was printed with 7 and 9 the other way round, and firmware
  // was built after it.
  "uefi-x64": { what: "PCs with UEFI", codes: [7, 9] },
  "uefi-arm32": { what: "32-bit ARM with UEFI", codes: [10] },
  "uefi-arm64": { what: "64-bit ARM with UEFI", codes: [11] },
  "uefi-riscv32": { what: "32-bit RISC-V with UEFI", codes: [25] },
  "uefi-riscv64": { what: "64-bit RISC-V with UEFI", codes: [27] },
  "uefi-riscv128": { what: "128-bit RISC-V with UEFI", codes: [29] },
  "uefi-loongarch32": { what: "32-bit LoongArch with UEFI", codes: [37] },
  "uefi-loongarch64": { what: "64-bit LoongArch with UEFI", codes: [39] },
  "uefi-mips32": { what: "32-bit MIPS with UEFI", codes: [33] },
  "uefi-mips64": { what: "64-bit MIPS with UEFI", codes: [34] },
  "uefi-sunway32": { what: "32-bit Sunway with UEFI", codes: [35] },
  "uefi-sunway64": { what: "64-bit Sunway with UEFI", codes: [36] },
  "uefi-itanium": { what: "Itanium with EFI", codes: [2] },
  "uefi-xscale": { what: "XScale with EFI", codes: [8] },
  "uboot-arm32": { what: "32-bit ARM with U-Boot", codes: [21] },
  "uboot-arm64": { what: "64-bit ARM with U-Boot", codes: [22] },
  "rpiboot": { what: "a Raspberry Pi that boots by itself", codes: [41] },
  "powerpc": { what: "PowerPC with Open Firmware", codes: [12] },
  "powerpc-epapr": { what: "PowerPC with ePAPR firmware", codes: [13] },
  "powerpc-opal": { what: "POWER with OPAL", codes: [14] },
  "s390": { what: "s390", codes: [31] },
  "s390-extended": { what: "s390 that asks for more", codes: [32] },
  "alpha": { what: "DEC Alpha", codes: [3] },
  "arc-x86": { what: "PCs with ARC firmware", codes: [4] },
  "lean-client": { what: "Intel Lean Clients", codes: [5] },
  "pc98": { what: "NEC PC-98", codes: [1] },
  "http-bios": { what: "PCs with a BIOS that loads from a URL", codes: [20] },
  "http-ia32": { what: "32-bit PCs with UEFI HTTP Boot", codes: [15] },
  "http-x64": { what: "PCs with UEFI HTTP Boot", codes: [16] },
  "http-ebc": { what: "EFI byte code by UEFI HTTP Boot", codes: [17] },
  "http-arm32": { what: "32-bit ARM with UEFI HTTP Boot, or U-Boot", codes: [18, 23] },
  "http-arm64": { what: "64-bit ARM with UEFI HTTP Boot, or U-Boot", codes: [19, 24] },
  "http-riscv32": { what: "32-bit RISC-V with UEFI HTTP Boot", codes: [26] },
  "http-riscv64": { what: "64-bit RISC-V with UEFI HTTP Boot", codes: [28] },
  "http-riscv128": { what: "128-bit RISC-V with UEFI HTTP Boot", codes: [30] },
  "http-loongarch32": { what: "32-bit LoongArch with UEFI HTTP Boot", codes: [38] },
  "http-loongarch64": { what: "64-bit LoongArch with UEFI HTTP Boot", codes: [40] },
  "ipxe": { what: "iPXE, on whatever machine; a URL, or a file of the server", codes: [] },
} as const satisfies Readonly<Record<string, Machine>>;

export type BootKind = keyof typeof MACHINES;

export const BOOT_KINDS = Object.keys(MACHINES) as readonly BootKind[];

const KIND_BY_ARCHITECTURE: ReadonlyMap<number, BootKind> = new Map(
  BOOT_KINDS.flatMap((kind) => MACHINES[kind].codes.map((code) => [code, kind] as const)),
);

/** The kind of an architecture, or `undefined` for one that the table does not have. */
export function kindOfArchitecture(architecture: number): BootKind | undefined {
  return KIND_BY_ARCHITECTURE.get(architecture);
}

/** The architectures of a kind; none of what runs on any. */
export function codesOfArchitecture(kind: BootKind): readonly number[] {
  return MACHINES[kind].codes;
}

/** For whom a boot file of the kind is. */
export function describeKind(kind: BootKind): string {
  return MACHINES[kind].what;
}

/** Whether a client of the kind loads from a URL only. */
export function bootsByHttp(kind: BootKind): boolean {
  return kind.startsWith("http-");
}
