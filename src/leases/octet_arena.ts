/**
 * Octets of many small records in a few pages: what a `Map` of objects would spend most of its
 * memory and all of its garbage collection on. Records are of some tens of octets and come and go.
 *
 * A page has places of one size class, so a freed place is for any record of that class. A page that
 * becomes empty is for any class, or goes back to the machine: whoever sends records of every length
 * leaves nothing behind. Nothing moves.
 */
import { assert } from "../wire/assert.ts";
import { enlarge } from "./enlarge.ts";

/** The longest record. */
const RECORD_OCTETS_MAX = 20_480;

/** Sizes are multiples of this. */
const GRAIN_OCTETS = 8;

/** Up to here each multiple is a class; beyond, there are so many between a power of two and the next. */
const FINE_OCTETS_MAX = 128;
const CLASSES_BETWEEN_POWERS = 8;

/** Octets of a place of each class. */
const CLASS_OCTETS: readonly number[] = listClasses();
/** The class of a record of so many grains. */
const CLASS_OF_GRAINS: Uint8Array = mapClasses();

/** Who keeps places has them in columns of u32. */
const ARENA_OCTETS_MAX = 2 ** 32;

const PAGE_BITS = 16;
const PAGE_OCTETS = 2 ** PAGE_BITS;
const INITIAL_PAGES = 16;

/** Empty pages that are kept for what comes next. */
const SPARE_PAGES_MAX = 4;

/** With fewer pages left than this there is no room: records of any length fit until then. */
const RESERVED_PAGES = 4;

/** In place of a page, and of a place: there is none. So page 0 is never used. */
const NONE = 0;

const NO_OCTETS = new Uint8Array(0);

export class OctetArena {
  readonly #pages: Uint8Array<ArrayBuffer>[] = [NO_OCTETS];
  readonly #pagesMax: number;
  /** Of each page: its class, how many of its places are in use, and how many ever were. */
  #class = new Uint8Array(INITIAL_PAGES);
  #used = new Uint16Array(INITIAL_PAGES);
  #begun = new Uint16Array(INITIAL_PAGES);
  /** Of each page: its first freed place, counted from 1, which has the number of the next. */
  #freed = new Uint16Array(INITIAL_PAGES);
  /** Pages of a class that have room, each of which names its neighbours. */
  #next = new Uint16Array(INITIAL_PAGES);
  #previous = new Uint16Array(INITIAL_PAGES);
  readonly #first = new Uint16Array(CLASS_OCTETS.length);
  readonly #last = new Uint16Array(CLASS_OCTETS.length);
  /** Pages without a record: those that have their octets, and those that gave them back. */
  readonly #spare: number[] = [];
  readonly #returned: number[] = [];

  /** An empty arena, which grows up to so many octets. */
  constructor(octetsMax = ARENA_OCTETS_MAX) {
    assert(octetsMax <= ARENA_OCTETS_MAX, "a place is a u32");
    this.#pagesMax = octetsMax / PAGE_OCTETS;
  }

  /** Whether there is room for some records of whatever length. */
  get hasRoom(): boolean {
    const unused = this.#pagesMax - this.#pages.length;
    return unused + this.#spare.length + this.#returned.length >= RESERVED_PAGES;
  }

  /** How many octets of memory the pages take. */
  get octets(): number {
    return (this.#pages.length - 1 - this.#returned.length) * PAGE_OCTETS;
  }

  /** The page that a place is in. */
  pageOf(place: number): Uint8Array {
    return this.#pages[place >>> PAGE_BITS]!;
  }

  /** Where in its page a place begins. */
  offsetOf(place: number): number {
    return place & (PAGE_OCTETS - 1);
  }

  /** A place (u32) for `octets` octets, never 0. To be called while there is room. */
  allocate(octets: number): number {
    assert(0 < octets && octets <= RECORD_OCTETS_MAX, "a record has some octets, and not too many");
    const size = CLASS_OF_GRAINS[Math.ceil(octets / GRAIN_OCTETS)]!;
    let page = this.#first[size]!;
    if (page === NONE) page = this.#open(size);
    const freed = this.#freed[page]!;
    let place: number;
    if (freed === NONE) {
      place = this.#begun[page]!++;
    } else {
      place = freed - 1;
      const bytes = this.#pages[page]!;
      const at = place * CLASS_OCTETS[size]!;
      this.#freed[page] = (bytes[at]! << 8) | bytes[at + 1]!;
    }
    if (++this.#used[page]! === placesOf(size)) this.#unlink(page);
    return ((page << PAGE_BITS) | (place * CLASS_OCTETS[size]!)) >>> 0;
  }

  /** Gives a place back. */
  free(place: number): void {
    const page = place >>> PAGE_BITS;
    const size = this.#class[page]!;
    const at = this.offsetOf(place);
    const bytes = this.#pages[page]!;
    const freed = this.#freed[page]!;
    bytes[at] = freed >>> 8;
    bytes[at + 1] = freed & 255;
    this.#freed[page] = at / CLASS_OCTETS[size]! + 1;
    if (this.#used[page]!-- === placesOf(size)) this.#link(page);
    if (this.#used[page] === 0) this.#close(page);
  }

  /** An empty page for records of a class. */
  #open(size: number): number {
    let page = this.#spare.pop();
    if (page === undefined) {
      page = this.#returned.pop() ?? this.#pages.length;
      // Beyond, places would begin at 0 again, and name the records of other clients.
      assert(page < this.#pagesMax, "a record is made while there is room");
      if (page === this.#class.length) this.#enlarge(2 * page);
      this.#pages[page] = new Uint8Array(PAGE_OCTETS);
    }
    this.#class[page] = size;
    this.#begun[page] = 0;
    this.#freed[page] = NONE;
    this.#link(page);
    return page;
  }

  #close(page: number): void {
    this.#unlink(page);
    if (this.#spare.length < SPARE_PAGES_MAX) {
      this.#spare.push(page);
      return;
    }
    // At once: the garbage collector is in no hurry with large arrays.
    this.#pages[page]!.buffer.transfer(0);
    this.#pages[page] = NO_OCTETS;
    this.#returned.push(page);
  }

  /** Puts a page behind the others of its class, which are filled first: it may become empty. */
  #link(page: number): void {
    const size = this.#class[page]!;
    const last = this.#last[size]!;
    this.#previous[page] = last;
    this.#next[page] = NONE;
    if (last === NONE) this.#first[size] = page;
    else this.#next[last] = page;
    this.#last[size] = page;
  }

  #unlink(page: number): void {
    const size = this.#class[page]!;
    const next = this.#next[page]!;
    const previous = this.#previous[page]!;
    if (previous === NONE) this.#first[size] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#last[size] = previous;
    else this.#previous[next] = previous;
  }

  #enlarge(pages: number): void {
    this.#class = enlarge(this.#class, pages);
    this.#used = enlarge(this.#used, pages);
    this.#begun = enlarge(this.#begun, pages);
    this.#freed = enlarge(this.#freed, pages);
    this.#next = enlarge(this.#next, pages);
    this.#previous = enlarge(this.#previous, pages);
  }
}

/** How many places of a class a page has. */
function placesOf(size: number): number {
  return PAGE_OCTETS / CLASS_OCTETS[size]! | 0;
}

function listClasses(): readonly number[] {
  const classes: number[] = [];
  let octets = GRAIN_OCTETS;
  for (; octets <= FINE_OCTETS_MAX; octets += GRAIN_OCTETS) classes.push(octets);
  for (let power = FINE_OCTETS_MAX; power < RECORD_OCTETS_MAX; power *= 2) {
    for (let step = 1; step <= CLASSES_BETWEEN_POWERS; step++) {
      octets = power + step * power / CLASSES_BETWEEN_POWERS;
      if (classes.at(-1)! < RECORD_OCTETS_MAX) classes.push(octets);
    }
  }
  return classes;
}

function mapClasses(): Uint8Array {
  const map = new Uint8Array(RECORD_OCTETS_MAX / GRAIN_OCTETS + 1);
  let size = 0;
  for (let grains = 1; grains < map.length; grains++) {
    if (grains * GRAIN_OCTETS > CLASS_OCTETS[size]!) size++;
    map[grains] = size;
  }
  return map;
}
