/**
 * Just enough of the ELF format to recognize programs that this machine can certainly execute.
 *
 * This stands in for the runtime, which runs a file that the kernel refuses through `/bin/sh`. It may go once
 * `Deno.Command` reports `ENOEXEC` instead.
 *
 * @module
 */

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const MACHINES: Readonly<Record<typeof Deno.build.arch, number>> = { x86_64: 62, aarch64: 183 };
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_64_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_INTERP = 3;

/** Whether a file starts like an ELF file for this machine. */
export function isNativeElf(head: Uint8Array): boolean {
  if (head.length < HEADER_64_BYTES || MAGIC.some((byte, i) => head[i] !== byte)) return false;
  return head[4] === CLASS_64 && head[5] === LITTLE_ENDIAN && viewOf(head).getUint16(18, true) === machine();
}

/** Whether a file starts like any ELF file. */
export function isElf(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

function machine(): number {
  return MACHINES[Deno.build.arch];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Returns the dynamic loader that a native ELF file names.
 *
 * @param head The start of the file.
 * @returns The path; `""` for a static program; `undefined` if it lies beyond the given bytes.
 */
export function elfLoader(head: Uint8Array): string | undefined {
  const view = viewOf(head);
  const table = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  for (let i = 0; i < count; i++) {
    const at = table + i * PROGRAM_HEADER_BYTES;
    if (at + PROGRAM_HEADER_BYTES > head.length) return undefined;
    if (view.getUint32(at, true) !== PT_INTERP) continue;
    const start = Number(view.getBigUint64(at + 8, true));
    const end = start + Number(view.getBigUint64(at + 32, true));
    return end > head.length ? undefined : new TextDecoder().decode(head.subarray(start, end)).replace(/\0+$/, "");
  }
  return "";
}
