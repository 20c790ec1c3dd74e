/** How many times `work` calls a method of any instance of a class: cost without a stopwatch. */
export function countCalls<Name extends string>(
  prototype: Record<Name, (...args: never[]) => unknown>,
  name: Name,
  work: () => void,
): number {
  const original = prototype[name];
  let calls = 0;
  prototype[name] = function (this: unknown, ...args: never[]) {
    calls++;
    return original.apply(this, args);
  };
  try {
    work();
  } finally {
    prototype[name] = original;
  }
  return calls;
}
