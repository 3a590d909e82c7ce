/**
 * The operations that workloads are written in, as an engine has them for its
 * own kind of number: one definition of a workload serves every engine.
 */
export interface Language<T> {
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  square(x: T): T;
  sin(x: T): T;
  tanh(x: T): T;
}
