import { loadConfig } from '../../src/config.ts';
import { createDeps, type Deps } from '../../src/deps.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import type { Log } from '../../src/log.ts';
import { type Addresses, connectOutside } from './outside.ts';

export interface OwnInstance extends Deps {
  close(): Promise<void>;
}

/** An instance wired as in production, with clients of its own. `close` it. */
export function openInstance(addresses: Addresses, clock: Clock = systemClock): OwnInstance {
  const { app, firestore, close } = connectOutside(addresses);
  const config = loadConfig({ GCLOUD_PROJECT: addresses.project });
  return { ...createDeps(config, { app, firestore, clock, log: SILENT }), close };
}

const nothing = () => undefined;
const SILENT: Log = {
  decision: nothing,
  transport: nothing,
  change: nothing,
  failure: nothing,
  reconciled: nothing,
  feedUnread: nothing,
};
