/**
 * What machines that boot from the network are told. The messages are those that the firmware
 * sends by its specifications: PXE 2.1 (table 2-1), RFC 4578, the UEFI specification ("HTTP Boot")
 * and iPXE's own settings.
 */
import assert from "node:assert/strict";
import type { Boot } from "../../src/config/config.ts";
import type { BootKind } from "../../src/wire/boot_clients.ts";
import { DISCOVER, option, type PacketOption, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Answer,
  type Ask,
  Engine,
  hexOctets,
  macOf,
  SERVER,
} from "../support/engine_fixture.ts";
import { makeBoot } from "../support/leases_fixture.ts";

const A = "192.168.1.100";

const text = (value: string) => new TextEncoder().encode(value);

/** The short form of the issue that asked for it, and a file for all others. */
const BOOT = makeBoot({
  "bios": "undionly.kpxe",
  "uefi-x64": "ipxe.efi",
  "uefi-arm64": "snp.efi",
  "http-x64": "http://10.0.0.1/ipxe.efi",
  "ipxe": "http://10.0.0.1/menu.ipxe",
  "boot-file": "any.img",
  "next-server": "10.0.0.1",
  "server-name": "boot.home.arpa",
});

/** What PXE 2.1 has the firmware ask for: among it 43, 60, 66, 67 and 97. */
const PXE_LIST = [1, 2, 3, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 66, 67, 97, 128, 129, 130];
const UUID = hexOctets("00:4c:4c:45:44:00:51:10:80:4d:b5:c0:4f:33:4e:32:00");

/** Firmware of an architecture: options 60, 93, 94 and 97 (RFC 4578 §2). */
function firmware(architecture: number, scheme = "PXE"): Ask {
  const number = String(architecture).padStart(5, "0");
  return {
    type: DISCOVER,
    flags: 0x8000,
    list: PXE_LIST,
    options: [
      [57, Uint8Array.of(5, 192)],
      [97, UUID],
      [94, Uint8Array.of(1, 3, 16)],
      [93, Uint8Array.of(architecture >>> 8, architecture & 255)],
      [60, text(`${scheme}Client:Arch:${number}:UNDI:003016`)],
    ],
  };
}

/** iPXE adds its user class, without RFC 3004's length octet, and option 175. */
function ipxe(architecture: number, ...more: PacketOption[]): Ask {
  const { options, ...ask } = firmware(architecture);
  return { ...ask, options: [...options!, ...more] };
}

function ask(boot: Boot, when: Ask): Answer {
  return new Engine({ subnets: [{ pools: [A], boot }] }).decide(when);
}

/** Text of a field of the header up to its NUL, which has to be there. */
function field(bytes: Uint8Array | undefined, at: number, size: number): string {
  const octets = bytes!.subarray(at, at + size);
  const end = octets.indexOf(0);
  assert(end >= 0, "a NUL ends the text (RFC 2131 §2)");
  assert(octets.subarray(end).every((octet) => octet === 0), "and nothing comes after it");
  return new TextDecoder().decode(octets.subarray(0, end));
}

const fileOf = ({ bytes }: Answer) => field(bytes, 108, 128);
const serverNameOf = ({ bytes }: Answer) => field(bytes, 44, 64);

function textOf(answer: Answer, code: number): string | undefined {
  const payload = option(answer.packet!, code);
  return payload && new TextDecoder().decode(payload);
}

const FILE_ROWS: readonly (readonly [who: string, when: Ask, file: string])[] = [
  ["a BIOS (0)", firmware(0), "undionly.kpxe"],
  ["64-bit UEFI (7)", firmware(7), "ipxe.efi"],
  ["64-bit UEFI that calls itself EBC (9)", firmware(9), "ipxe.efi"],
  ["64-bit ARM with UEFI (11)", firmware(11), "snp.efi"],
  ["32-bit UEFI (6), which is not named", firmware(6), "any.img"],
  ["an architecture that nobody knows (999)", firmware(999), "any.img"],
  ["UEFI HTTP Boot (16)", firmware(16, "HTTP"), "http://10.0.0.1/ipxe.efi"],
  ["HTTP Boot of an architecture not named (19)", firmware(19, "HTTP"), ""],
  [
    "iPXE by its user class as it sends it",
    ipxe(0, [77, text("iPXE")]),
    "http://10.0.0.1/menu.ipxe",
  ],
  [
    "iPXE by its user class as RFC 3004 has it",
    ipxe(7, [77, text("\x04iPXE")]),
    "http://10.0.0.1/menu.ipxe",
  ],
  [
    "iPXE by option 175",
    ipxe(7, [175, hexOctets("b1:05:01:80:86:10:0e")]),
    "http://10.0.0.1/menu.ipxe",
  ],
  ["another user class", ipxe(7, [77, text("iPXE-not")]), "ipxe.efi"],
  [
    "PXE without option 93, older than it",
    { type: DISCOVER, options: [[60, text("PXEClient")]] },
    "undionly.kpxe",
  ],
  ["half an architecture", { type: DISCOVER, options: [[93, Uint8Array.of(0)]] }, "any.img"],
  ["a client that does not say how it boots", { type: DISCOVER }, "any.img"],
];

for (const [who, when, file] of FILE_ROWS) {
  Deno.test(`boot: ${who} gets "${file}", in OFFER and ACK`, () => {
    const engine = new Engine({ subnets: [{ pools: [A], boot: BOOT }] });
    const offer = engine.ask(when);
    const ack = engine.decide({ ...when, type: REQUEST, server: SERVER, requested: A });
    for (const answer of [offer, ack]) {
      assert.equal(fileOf(answer), file);
      assert.equal(serverNameOf(answer), "boot.home.arpa");
      assert.equal(answer.packet!.siaddr, "10.0.0.1");
    }
  });
}

Deno.test("boot: of several architectures, the first that has a file (RFC 4578 §2.1)", () => {
  const boot = makeBoot({ "uefi-x64": "x64.efi", "uefi-arm64": "arm64.efi" });
  const when: Ask = {
    type: DISCOVER,
    options: [[93, hexOctets("00:06:00:0b:00:07")], [60, text("PXEClient")]],
  };
  assert.equal(fileOf(ask(boot, when)), "arm64.efi");
});

Deno.test("boot: 66 and 67 where they are asked for, with a NUL for PXE (RFC 2132 §9.4, §9.5)", () => {
  const pxe = ask(BOOT, firmware(7));
  assert.equal(textOf(pxe, 66), "boot.home.arpa\0");
  assert.equal(textOf(pxe, 67), "ipxe.efi\0");
  const other = ask(BOOT, { type: DISCOVER, list: [66, 67] });
  assert.equal(textOf(other, 66), "boot.home.arpa");
  assert.equal(textOf(other, 67), "any.img");
  for (const when of [{ type: DISCOVER, list: [1] }, { type: DISCOVER }]) {
    const silent = ask(BOOT, when);
    assert.equal(textOf(silent, 66), undefined);
    assert.equal(textOf(silent, 67), undefined);
  }
});

Deno.test("boot: option 66 is the address of next-server where the server has no name", () => {
  const boot = makeBoot({ "boot-file": "any.img", "next-server": "10.0.0.1" });
  assert.equal(textOf(ask(boot, { type: DISCOVER, list: [66] }), 66), "10.0.0.1");
});

Deno.test("boot: siaddr is this server's where next-server is left out, if there is a file", () => {
  const boot = makeBoot({ bios: "undionly.kpxe" });
  assert.equal(ask(boot, firmware(0)).packet!.siaddr, SERVER);
  assert.equal(ask(boot, firmware(7)).packet!.siaddr, "0.0.0.0");
});

Deno.test("boot: HTTP firmware is told by 60 and 67, asked for or not (UEFI, HTTP Boot)", () => {
  const when = { ...firmware(16, "HTTP"), list: [1, 3] };
  const http = ask(BOOT, when);
  assert.equal(textOf(http, 60), "HTTPClient");
  assert.equal(textOf(http, 67), "http://10.0.0.1/ipxe.efi");
  const none = ask(BOOT, { ...firmware(19, "HTTP"), list: [1, 3] });
  assert.equal(textOf(none, 60), undefined);
  assert.equal(textOf(none, 67), undefined);
});

Deno.test("boot: iPXE that has no file of its own loads that of its machine, and not any", () => {
  const named = makeBoot({ bios: "undionly.kpxe", "uefi-x64": "snp.efi", "boot-file": "any.img" });
  const userClass: PacketOption = [77, text("iPXE")];
  assert.equal(fileOf(ask(named, ipxe(0, userClass))), "undionly.kpxe");
  assert.equal(fileOf(ask(named, ipxe(7, userClass))), "snp.efi");
  assert.equal(fileOf(ask(named, ipxe(11, userClass))), "any.img");
  assert.equal(fileOf(ask(makeBoot({ "boot-file": "any.img" }), ipxe(7, userClass))), "any.img");
});

/** IANA's "Processor Architecture Types", by the names that they have in a config. */
const ARCHITECTURES: readonly (readonly [number, BootKind])[] = [
  [0, "bios"],
  [1, "pc98"],
  [2, "uefi-itanium"],
  [3, "alpha"],
  [4, "arc-x86"],
  [5, "lean-client"],
  [6, "uefi-ia32"],
  [7, "uefi-x64"],
  [8, "uefi-xscale"],
  [9, "uefi-x64"],
  [10, "uefi-arm32"],
  [11, "uefi-arm64"],
  [12, "powerpc"],
  [13, "powerpc-epapr"],
  [14, "powerpc-opal"],
  [15, "http-ia32"],
  [16, "http-x64"],
  [17, "http-ebc"],
  [18, "http-arm32"],
  [19, "http-arm64"],
  [20, "http-bios"],
  [21, "uboot-arm32"],
  [22, "uboot-arm64"],
  [23, "http-arm32"],
  [24, "http-arm64"],
  [25, "uefi-riscv32"],
  [26, "http-riscv32"],
  [27, "uefi-riscv64"],
  [28, "http-riscv64"],
  [29, "uefi-riscv128"],
  [30, "http-riscv128"],
  [31, "s390"],
  [32, "s390-extended"],
  [33, "uefi-mips32"],
  [34, "uefi-mips64"],
  [35, "uefi-sunway32"],
  [36, "uefi-sunway64"],
  [37, "uefi-loongarch32"],
  [38, "http-loongarch32"],
  [39, "uefi-loongarch64"],
  [40, "http-loongarch64"],
  [41, "rpiboot"],
];

for (const [code, kind] of ARCHITECTURES) {
  Deno.test(`boot: architecture ${code} has its file by the name ${kind}`, () => {
    const isHttp = kind.startsWith("http-");
    const file = isHttp ? "http://10.0.0.1/own" : "own.img";
    const boot = makeBoot({ "boot-file": "any.img", [kind]: file });
    assert.equal(fileOf(ask(boot, firmware(code, isHttp ? "HTTP" : "PXE"))), file);
  });
}

Deno.test("boot: a machine that does not call itself PXE, as s390 and PowerPC, has its file", () => {
  const boot = makeBoot({ "boot-file": "any.img", s390: "kernel.img", powerpc: "grub.elf" });
  const bare = (code: number): Ask => ({ type: DISCOVER, options: [[93, Uint8Array.of(0, code)]] });
  assert.equal(fileOf(ask(boot, bare(31))), "kernel.img");
  assert.equal(fileOf(ask(boot, bare(12))), "grub.elf");
});

Deno.test("boot: a URL for all is one for HTTP firmware, too; the name of a file is not", () => {
  const url = makeBoot({ "boot-file": "http://10.0.0.1/x.efi" });
  assert.equal(fileOf(ask(url, firmware(19, "HTTP"))), "http://10.0.0.1/x.efi");
  assert.equal(fileOf(ask(url, firmware(7))), "http://10.0.0.1/x.efi");
  const file = makeBoot({ "boot-file": "x.efi" });
  assert.equal(fileOf(ask(file, firmware(19, "HTTP"))), "");
});

Deno.test("boot: option 60 for PXE where there is an option 43, and before it (PXE 2.1)", () => {
  const vendor = hexOctets("06:01:08:ff");
  const engine = new Engine({
    subnets: [{ pools: [A], boot: BOOT, options: new Map([[43, vendor]]) }],
  });
  const pxe = engine.decide(firmware(0)).packet!;
  const codes = pxe.options.map(([code]) => code);
  assert.deepEqual(option(pxe, 60), text("PXEClient"));
  assert.deepEqual(option(pxe, 43), vendor);
  assert(codes.indexOf(60) < codes.indexOf(43));
  const other = engine.decide({ type: DISCOVER, list: [43] }).packet!;
  assert.equal(option(other, 60), undefined);
  // Without it, firmware that is told "PXEClient" asks port 4011, where nobody is.
  assert.equal(textOf(ask(BOOT, firmware(0)), 60), undefined);
});

Deno.test("boot: the machine identifier comes back to firmware (RFC 4578 §2.3)", () => {
  assert.deepEqual(option(ask(BOOT, firmware(0)).packet!, 97), UUID);
  const other: Ask = { type: DISCOVER, list: [97], options: [[97, UUID]] };
  assert.equal(option(ask(BOOT, other).packet!, 97), undefined);
});

Deno.test("boot: options of the config go before what boot implies", () => {
  const options = new Map([[67, text("own.img")], [66, text("own")], [60, text("PXEClient:own")]]);
  const engine = new Engine({ subnets: [{ pools: [A], boot: BOOT, options }] });
  const answer = engine.decide(firmware(0));
  assert.deepEqual([66, 67, 60].map((code) => textOf(answer, code)), [
    "own\0",
    "own.img\0",
    "PXEClient:own",
  ]);
});

Deno.test("boot: a name of 127 octets fits the header with its NUL, a longer one goes into 67", () => {
  const fits = makeBoot({ "boot-file": "f".repeat(127) });
  assert.equal(fileOf(ask(fits, { type: DISCOVER, list: [1] })), "f".repeat(127));
  for (const octets of [128, 254]) {
    const boot = makeBoot({ "boot-file": "f".repeat(octets) });
    const plain = ask(boot, { type: DISCOVER, list: [1] });
    assert.equal(fileOf(plain), "");
    assert.equal(textOf(plain, 67), "f".repeat(octets));
    assert.equal(textOf(ask(boot, firmware(0)), 67), "f".repeat(octets) + "\0");
  }
});

Deno.test("boot: no option takes the place of a boot file or a server name (RFC 2132 §9.3)", () => {
  const options = new Map([[17, text("r".repeat(110))], [43, new Uint8Array(120)]]);
  const answerWith = (boot: Boot) =>
    new Engine({ subnets: [{ pools: [A], boot, options }] })
      .decide({ type: DISCOVER, list: [43, 17], options: [[61, text("i".repeat(60))]] });
  const free = answerWith(makeBoot({ "next-server": "10.0.0.1" }));
  assert.equal(free.bytes![108], 17, "with the field free, it has the option");
  const taken = answerWith(BOOT);
  assert.deepEqual([fileOf(taken), serverNameOf(taken)], ["any.img", "boot.home.arpa"]);
  assert.equal(option(taken.packet!, 52), undefined);
});

Deno.test("boot: nothing of it crowds out client identifier and option 82 (RFC 3046 §2.2)", () => {
  const boot = makeBoot({ "boot-file": "f".repeat(254) });
  const when = firmware(0);
  const answer = ask(boot, {
    ...when,
    clientId: "01".repeat(60),
    options: [[82, new Uint8Array(120).fill(7)], ...when.options!.slice(1)],
  });
  assert.deepEqual(answer.packet!.options.slice(-2).map(([code]) => code), [61, 82]);
});

Deno.test("boot: the nearest scope that says something wins, key by key", () => {
  const reserved = { mac: macOf(1), address: "192.168.1.10" };
  const bootOf = (boot: Boot) =>
    new Engine({
      subnets: [{ pools: [A], boot: BOOT, reservations: [{ ...reserved, boot }] }],
    }).decide(firmware(7));
  const own = bootOf(makeBoot({ "uefi-x64": "own.efi" }));
  assert.deepEqual([fileOf(own), own.packet!.siaddr], ["own.efi", "10.0.0.1"]);
  assert.equal(fileOf(bootOf(makeBoot({ bios: "own.kpxe" }))), "ipxe.efi");
  assert.equal(fileOf(bootOf(makeBoot({ "boot-file": "own.img" }))), "own.img");
  const server = bootOf(makeBoot({ "next-server": "10.0.0.9" }));
  assert.deepEqual([fileOf(server), server.packet!.siaddr], ["ipxe.efi", "10.0.0.9"]);
  const off = bootOf(makeBoot("off"));
  assert.deepEqual([fileOf(off), serverNameOf(off), off.packet!.siaddr], ["", "", "0.0.0.0"]);
});

Deno.test("boot: nothing is said of it where nothing is configured, nor in a NAK", () => {
  const plain = new Engine().decide(firmware(0));
  const nak = ask(BOOT, { ...firmware(0), type: REQUEST, requested: "10.9.9.9" });
  for (const answer of [plain, nak]) {
    assert.deepEqual([fileOf(answer), serverNameOf(answer)], ["", ""]);
    assert.equal(answer.packet!.siaddr, "0.0.0.0");
    assert.equal(option(answer.packet!, 97), undefined);
  }
});

Deno.test("the boot file that was chosen goes to the log, of clients that boot", () => {
  const chosen = (when: Ask) => {
    const { decision } = ask(BOOT, when);
    assert(decision !== undefined && "reply" in decision);
    return decision.reply.bootFile && new TextDecoder().decode(decision.reply.bootFile);
  };
  assert.equal(chosen(firmware(7)), "ipxe.efi");
  assert.equal(chosen(ipxe(0, [77, text("iPXE")])), "http://10.0.0.1/menu.ipxe");
  assert.equal(chosen({ type: DISCOVER, list: [1, 3, 67] }), "any.img");
  assert.equal(chosen({ type: DISCOVER, list: [1, 3, 6] }), undefined, "a telephone");
});
