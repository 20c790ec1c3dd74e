/** The command that runs a seed again, with everything that happens in it told. */
export function repeatCommand(seed: number, hours: number): string {
  return `deno task simulate --seed ${seed} --hours ${hours} --trace`;
}
