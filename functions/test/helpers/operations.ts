import { createCallables as create } from '../../src/callable/callable.ts';
import { modules } from '../../src/modules.ts';

/** All operations, each with its HTTP route and access rule. */
export const routes = modules.operations.map(({ http, ...operation }) => ({ ...operation, ...http }));

/** Names of the operations that are also callable functions. */
export const CALLABLES: readonly string[] = modules.operations
  .filter(({ callable }) => callable)
  .map(({ name }) => name);

/** The callable functions of an instance, by name. */
export const createCallables = (deps: Parameters<typeof create>[2]) =>
  new Map(Object.entries(create(modules.operations, {}, deps)));
