/**
 * A process that opens a link on the interfaces named, says what state they are in, and ends: run
 * with some capabilities or without.
 */
import { LinkError } from "../../src/link/link_error.ts";
import { openLinuxLink } from "../../src/link/linux_link.ts";

try {
  const link = openLinuxLink({
    interfaceNames: Deno.args,
    onTrouble: console.error,
    onInterfaceChange: ({ name, state }) => console.log(`${name} ${state}`),
  });
  link.close();
} catch (error) {
  if (!(error instanceof LinkError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  Deno.exit(error.exitCode);
}
