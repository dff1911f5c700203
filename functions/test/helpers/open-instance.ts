import { createInstance } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createPlatform, type Outside } from '../../src/platform/platform.ts';

/** One instance as in production, with its services under short names. */
export function openInstance(config: Config, outside: Outside = {}) {
  const instance = createInstance(createPlatform(config, outside));
  const { users, directory, identities, tokenExchange, notes } = instance.services;
  const { sync, changeAccess, reconcile: reconcileAccess } = directory;
  return {
    ...instance,
    ...{ users, directory, sync, changeAccess, reconcileAccess, identities, notes },
    exchangeToken: tokenExchange,
  };
}

export type TestInstance = ReturnType<typeof openInstance>;

/** An instance with replaced services: its operations run on the new ones. */
export function rebind(before: TestInstance, after: TestInstance): TestInstance {
  const replaced = new Map<unknown, unknown>(
    (['audit', 'users', 'directory', 'identities', 'notes', 'exchangeToken'] as const).map((name) => [
      before[name],
      after[name],
    ]),
  );
  const operations = before.operations.map(({ operation, service }) => ({
    operation,
    service: replaced.get(service) ?? service,
  }));
  return { ...after, operations };
}
