/** Programs of classic BPF, by which the kernel filters packets and system calls. */
import { BPF_INSTRUCTION_OCTETS } from "./layouts.ts";
import type { NativeBytes } from "./libc.ts";

/** One instruction: how many the next ones are skipped, if true and if false, and the operand. */
export type BpfInstruction = readonly [
  code: number,
  skipIfTrue: number,
  skipIfFalse: number,
  operand: number,
];

/** An array of struct sock_filter. */
export function bpfProgram(instructions: readonly BpfInstruction[]): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(instructions.length * BPF_INSTRUCTION_OCTETS));
  const view = new DataView(bytes.buffer);
  for (const [i, [code, skipIfTrue, skipIfFalse, operand]] of instructions.entries()) {
    const at = i * BPF_INSTRUCTION_OCTETS;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, skipIfTrue);
    view.setUint8(at + 3, skipIfFalse);
    view.setUint32(at + 4, operand, true);
  }
  return bytes;
}
