/**
 * The frame of a system test: a wire of namespaces, a directory, and programs on them. Whatever
 * happens, the programs are gone and the namespaces are removed afterwards; when the test fails,
 * everything that the programs said is shown.
 */
import { findCommand } from "./debian_packages.ts";
import { type Cable, makeWire, namespaceObstacle, type Wire } from "./netns.ts";
import { Program } from "./program.ts";
import { openUdpPort, type UdpPort } from "./udp_port.ts";

const SCENE_SECONDS_MAX = 60;
/** How much of a program's output a failing test shows: the end tells most. */
const SHOWN_CHARACTERS_MAX = 6_000;

export class Scene {
  readonly #programs: Program[] = [];
  readonly #ports: UdpPort[] = [];

  constructor(readonly wire: Wire, readonly directory: string) {}

  /** Starts a program in a node; it is killed at the end of the scene. */
  start(node: string, label: string, command: readonly string[]): Program {
    const [name, ...args] = command;
    return this.#watch(label, this.wire.spawn(node, name!, args, this.#spawnOptions()));
  }

  /** Starts a program that makes namespaces of its own, so not in one of the scene's. */
  startOutside(label: string, command: readonly string[]): Program {
    const [name, ...args] = command;
    return this.#watch(label, new Deno.Command(name!, { ...this.#spawnOptions(), args }).spawn());
  }

  #spawnOptions() {
    const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    return { ...pipes, cwd: this.directory, env: { NO_COLOR: "1" } };
  }

  #watch(label: string, child: Deno.ChildProcess): Program {
    const program = new Program(label, child);
    this.#programs.push(program);
    return program;
  }

  /** Writes a file into the scene's directory and returns its path. */
  async file(name: string, text: string, mode = 0o644): Promise<string> {
    const path = `${this.directory}/${name}`;
    await Deno.writeTextFile(path, text, { mode });
    return path;
  }

  /** Binds a UDP socket in a node; it is closed at the end of the scene. */
  async udpPort(node: string, address: string, port: number): Promise<UdpPort> {
    const udpPort = await openUdpPort(this.wire, node, address, port);
    this.#ports.push(udpPort);
    return udpPort;
  }

  /** What every program said, for a test that failed. */
  transcript(): string {
    return this.#programs.map(({ label, code, output }) => {
      const end = code === undefined ? "still running" : `ended with ${code}`;
      return `----- ${label} (${end})\n${output.slice(-SHOWN_CHARACTERS_MAX)}`;
    }).join("\n");
  }

  async end(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.close()));
    await Promise.all(this.#programs.map((program) => program.kill()));
  }
}

export interface SceneOptions {
  readonly cables: readonly Cable[];
  /** Commands that the test runs; where one is missing the test is skipped, and says so. */
  readonly needs?: readonly string[];
  readonly secondsMax?: number;
}

/** Registers a system test that plays in namespaces of its own. */
export function sceneTest(
  name: string,
  options: SceneOptions,
  play: (scene: Scene) => Promise<void>,
): void {
  const obstacle = namespaceObstacle() ?? missingCommand(options.needs ?? []);
  if (obstacle !== undefined) console.error(`SKIPPED (${obstacle}): ${name}`);
  Deno.test({
    name,
    ignore: obstacle !== undefined,
    // Pipes of a killed program may close a tick after the test that killed it.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => playScene(options, play),
  });
}

function missingCommand(commands: readonly string[]): string | undefined {
  const missing = commands.filter((command) => findCommand(command) === undefined);
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")}`;
}

async function playScene(
  options: SceneOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using wire = await makeWire(options.cables);
  const scene = new Scene(wire, await Deno.makeTempDir({ prefix: "sublet-test-" }));
  const seconds = options.secondsMax ?? SCENE_SECONDS_MAX;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`the scene took more than ${seconds} s`)),
    seconds * 1000,
  );
  const played = play(scene);
  played.catch(() => {}); // When it is late its own error comes after the race is over.
  try {
    await Promise.race([played, late.promise]);
  } catch (error) {
    console.error(scene.transcript());
    throw error;
  } finally {
    clearTimeout(timer);
    await scene.end();
    await Deno.remove(scene.directory, { recursive: true });
  }
}
