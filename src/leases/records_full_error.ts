/** A journal has more to say of clients than the table of leases has numbers for. */
export class RecordsFullError extends Error {
  override readonly name = "RecordsFullError";
  readonly exitCode = 74;

  constructor() {
    super("the journal has more than 4 GiB to say of its clients; no leases are served from it");
  }
}
