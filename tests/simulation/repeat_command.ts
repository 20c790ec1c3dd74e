import { CLIENTS_DEFAULT, type Plan } from "./plan.ts";

/** The command that runs a plan again, with everything that happens in it told. */
export function repeatCommand({ seed, hours, clientCount }: Plan): string {
  const clients = clientCount === CLIENTS_DEFAULT ? "" : ` --clients ${clientCount}`;
  return `deno task simulate --seed ${seed} --hours ${hours}${clients} --trace`;
}
