/** A process that gives system calls up, and says what becomes of an attempt to start a program. */
import { forbidSystemCalls } from "../../src/link/confinement.ts";

// Threads that are there already have to be held back, too.
await Deno.readTextFile(Deno.args[0]!);
forbidSystemCalls();
const start = () => new Deno.Command("/bin/true").outputSync();
try {
  start();
  console.log("started");
} catch (error) {
  console.log(error instanceof Deno.errors.PermissionDenied ? "refused" : error);
}
