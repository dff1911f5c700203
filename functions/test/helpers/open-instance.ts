import { createInstance } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createPlatform, type Outside } from '../../src/platform/platform.ts';

/** The key of instances, where a test sets none. */
const MFA_KEYS = [{ id: 'test', secret: Buffer.alloc(32, 7).toString('base64url') }];

/** One instance as in production, with its services by name. */
export function openInstance(config: Config, outside: Outside = {}) {
  const mfaKeys = config.mfaKeys.length > 0 ? config.mfaKeys : MFA_KEYS;
  const instance = createInstance(createPlatform({ ...config, mfaKeys }, outside));
  const { directory, tokenExchange } = instance.services;
  const { sync, changeAccess, reconcile: reconcileAccess } = directory;
  return {
    ...instance,
    ...instance.services,
    ...{ sync, changeAccess, reconcileAccess },
    exchangeToken: tokenExchange.exchange,
  };
}

export type TestInstance = ReturnType<typeof openInstance>;

/** An instance with replaced services: its operations run on the new ones. */
export function rebind(before: TestInstance, after: TestInstance): TestInstance {
  const replaced = new Map<unknown, unknown>(
    Object.entries(before).map(([name, value]) => [value, after[name as keyof TestInstance]]),
  );
  const operations = before.operations.map(({ operation, service }) => ({
    operation,
    service: replaced.get(service) ?? service,
  }));
  return { ...after, operations };
}
