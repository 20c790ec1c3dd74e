/** The program under test, running as a server in a namespace. */
import { type Program, subletCommand, until } from "./program.ts";
import type { Scene } from "./scene.ts";

const START_MS = 15_000;

/** What the tests read of `/status`. */
export interface Status {
  readonly interfaces: readonly { readonly name: string; readonly state: string }[];
  readonly subnets: readonly SubnetCounts[];
  readonly conflicts: readonly {
    readonly address: string;
    readonly interface: string;
    readonly relay?: string;
    readonly occupant?: string;
  }[];
  readonly "other-servers": readonly {
    readonly server: string;
    readonly mac: string;
    readonly interface: string;
    readonly offered?: string;
    readonly "first-seen": string;
    readonly answers: number;
    readonly present: boolean;
  }[];
  readonly counters: {
    readonly requests: Counts;
    readonly outcomes: Counts;
    readonly rules: Counts;
    readonly dropped: Counts;
  };
}

/** A subnet's line in `/status`. */
export interface SubnetCounts {
  readonly subnet: string;
  readonly used: number;
  readonly quarantined: number;
  readonly free: number;
}

export type Counts = Readonly<Record<string, number>>;

/** The part of a config that every test needs; `rest` is YAML for the top level. */
export function configText(scene: Scene, rest: string): string {
  return `journal: ${journalFile(scene)}\n${rest}`;
}

export function journalFile(scene: Scene): string {
  return `${scene.directory}/leases.jsonl`;
}

/**
 * Starts `sublet run` in the node `server` and waits until it serves `interfaces`. `rest` is the
 * config but for the journal; `through` is a command that starts it, such as strace.
 */
export async function startServer(
  scene: Scene,
  rest: string,
  {
    interfaces = ["lan0"],
    through = [] as readonly string[],
    journal = journalFile(scene),
  } = {},
): Promise<Program> {
  const config = await scene.file("sublet.yaml", `journal: ${journal}\n${rest}`);
  const command = [...through, ...subletCommand(), "run", "--config", config];
  const server = scene.start("server", "sublet run", command);
  await until("the server to serve", START_MS, async () => {
    if (server.code !== undefined) throw new Error(`sublet run ended with ${server.code}`);
    const states = (await readStatus(scene).catch(() => undefined))?.interfaces;
    const isServing = (name: string) =>
      states?.some((state) => state.name === name && state.state === "serving");
    return interfaces.every(isServing) ? true : undefined;
  });
  return server;
}

/** A page of the status endpoint, as curl prints it in the server's namespace. */
export async function curl(scene: Scene, path: string): Promise<string> {
  const url = `http://127.0.0.1:8067${path}`;
  return await scene.wire.exec("server", "curl", "-sS", "--fail", "--max-time", "5", url);
}

export async function readStatus(scene: Scene): Promise<Status> {
  return JSON.parse(await curl(scene, "/status"));
}
