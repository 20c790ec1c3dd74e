/**
 * A process that gives up what the server does, and then says, a line each, what becomes of attempts
 * to use it all the same. Arguments: a directory that it keeps, with `read/` and `write/` in it, and
 * the process of another user of this machine.
 */
import { confineThreads } from "../../src/link/confinement.ts";
import { openLibc } from "../../src/link/libc.ts";
import { forbidSystemCalls } from "../../src/link/system_call_filter.ts";

const [directory, other] = Deno.args as [string, string];
const library = openLibc({
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64", "i64"], result: "i64" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
});
const { syscall, socket, kill } = library.symbols;
const isX86 = Deno.build.arch === "x86_64";

// Threads that are there already have to be held back, too.
await Deno.readTextFile(`${directory}/read/file`);
// landlock_create_ruleset, asked for its version.
const landlock = Number(syscall(444n, 0n, 0n, 1n, 0n, 0n));
confineThreads({
  reach: { read: [`${directory}/read`], write: [`${directory}/write`], listen: [] },
  uses: [],
});
forbidSystemCalls();
console.log(`Landlock: ${landlock}`);

async function attempt(what: string, run: () => unknown): Promise<void> {
  try {
    const result = await run();
    console.log(`${what}: ${typeof result === "number" && result < 0 ? "refused" : "done"}`);
  } catch (error) {
    const isRefused = error instanceof Deno.errors.PermissionDenied ||
      (error as { code?: string }).code === "EACCES";
    console.log(`${what}: ${isRefused ? "refused" : error}`);
  }
}
const call = (number: number, ...args: number[]) =>
  Number(syscall(
    ...[number, ...args, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt) as Parameters<
      typeof syscall
    >,
  ));

await attempt("read a file in reach", () => Deno.readTextFile(`${directory}/read/file`));
await attempt("write a file in reach", async () => {
  await Deno.writeTextFile(`${directory}/write/new`, "text");
  await Deno.truncate(`${directory}/write/new`, 1);
  await Deno.rename(`${directory}/write/new`, `${directory}/write/file`);
  await Deno.remove(`${directory}/write/file`);
});
await attempt("start a thread", () =>
  new Promise((resolve) => {
    const code = URL.createObjectURL(new Blob(["postMessage(1)"]));
    const worker = new Worker(code, { type: "module" });
    worker.onmessage = () => resolve(worker.terminate());
  }));
await attempt("a socket for IPv4", () => socket(2, 2, 0));
await attempt("a socket for IPv6", () => socket(10, 2, 0));
await attempt("a packet socket", () => socket(17, 3, 0));
await attempt("a netlink socket for routes", () => socket(16, 3, 0));
await attempt("a signal to itself", () => kill(Deno.pid, 0));
console.log("---");
const memory = `/proc/${other}/mem`;
await attempt("memory of another process, by this thread", () => Deno.openSync(memory).close());
await attempt("memory of another process", async () => {
  (await Deno.open(memory, { read: true, write: true })).close();
});
await attempt("environment of another process", () => Deno.readTextFile(`/proc/${other}/environ`));
await attempt("read a file of root's", () => Deno.readTextFile("/etc/shadow"));
await attempt(
  "write where it reads",
  () => Deno.writeTextFile(`${directory}/read/file`, ""),
);
await attempt("write elsewhere", () => Deno.writeTextFile(`${directory}/other`, ""));
await attempt("list another directory", () => Deno.readDirSync("/").next());
await attempt("listen on a TCP port", () => Deno.listen({ port: 18_067 }).close());
await attempt("connect by TCP", () => Deno.connect({ hostname: "127.0.0.1", port: 9 }));
await attempt("a program", () => new Deno.Command("/bin/true").outputSync());
await attempt("another process", () => call(isX86 ? 56 : 220, 17));
await attempt("a thread in a new network", () => call(isX86 ? 56 : 220, 0x4001_0f00));
await attempt("a namespace", () => call(isX86 ? 272 : 97, 0x4000_0000));
await attempt("clone3", () => call(435, 0, 0));
await attempt("io_uring", () => call(425, 1));
await attempt("pidfd_open", () => call(434, Number(other)));
await attempt("a Unix socket", () => socket(1, 1, 0));
await attempt("a netlink socket for the firewall", () => socket(16, 3, 12));
await attempt("a signal to another", () => kill(Number(other), 0));
await attempt("characters for the shell of the terminal", () => call(isX86 ? 16 : 29, 0, 0x5412));
library.close();
