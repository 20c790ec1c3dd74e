/** Name servers of others in a node of a scene, and how they are asked. */
import { type Program, until } from "./program.ts";
import type { Scene } from "./scene.ts";

const ANSWER_MS = 20_000;

/** The key that `startBind` lets update its zones, and its secret. */
export const KEY_NAME = "sublet-key";
export const KEY_SECRET = "c3VibGV0LXN1YmxldC1zdWJsZXQtc3VibGV0ISEhISE=";

/**
 * BIND's named in the node `server`, on 127.0.0.1: primary for `zone`, which begins with the
 * records of `records`, and for `reverseZone`. What it was told outlives it.
 */
export async function startBind(
  scene: Scene,
  { zone, reverseZone, records = "" }: { zone: string; reverseZone: string; records?: string },
): Promise<Program> {
  const config = `${scene.directory}/named.conf`;
  const isFirst = await Deno.stat(config).then(() => false, () => true);
  if (isFirst) {
    const soa = "$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns.home.arpa.\n";
    await scene.file("forward.zone", `${soa}ns A 127.0.0.1\n${records}`);
    await scene.file("reverse.zone", soa);
    const policy = `update-policy { grant ${KEY_NAME} zonesub ANY; };`;
    await scene.file(
      "named.conf",
      `options {
  directory "${scene.directory}"; pid-file none; session-keyfile none; managed-keys-directory "${scene.directory}";
  listen-on { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no;
};
controls { };
key "${KEY_NAME}" { algorithm hmac-sha256; secret "${KEY_SECRET}"; };
zone "${zone}" { type primary; file "forward.zone"; ${policy} };
zone "${reverseZone}" { type primary; file "reverse.zone"; ${policy} };
`,
    );
  }
  const named = scene.start("server", "named", ["named", "-g", "-n", "1", "-c", config]);
  await named.says(/running\n/, ANSWER_MS);
  return named;
}

/** What the name server of the node `server` says, line by line; empty where it knows nothing. */
export async function dig(scene: Scene, ...question: string[]): Promise<string> {
  const said = await scene.wire.exec(
    "server",
    "dig",
    ...["@127.0.0.1", "+short", "+time=2", "+tries=1", ...question],
  );
  return said.trim();
}

/** Waits until the name server says this. */
export async function untilDig(
  scene: Scene,
  question: readonly string[],
  expected: string | RegExp,
): Promise<void> {
  let said = "";
  const isSo = () => typeof expected === "string" ? said === expected : expected.test(said);
  await until(`${question.join(" ")} to be ${expected}`, ANSWER_MS, async () => {
    said = await dig(scene, ...question).catch((error) => `no answer: ${error.message}`);
    return isSo() ? true : undefined;
  });
}
