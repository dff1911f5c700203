import { type AuthenticateDeps, authenticate } from '../../functions/src/authn/authenticate.ts';
import type { Authenticator } from '../../functions/src/authn/credential.ts';
import { ANONYMOUS, createPrincipal } from '../../functions/src/authz/principal.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import {
  createChange,
  EPOCH,
  firstAfter,
  generateChanges,
  generateProbes,
  type Probe,
  type SimulatedChange,
} from './feed-inputs.ts';
import { CHANGES_PER_MILLION, INSTANCE_LIFETIME, REQUESTS_PER_USER } from './load.ts';
import { createRandom, type Random, timeToNextEvent } from './random.ts';

/** The default of `ACCESS_CHANGE_MAX_AGE`, in seconds. */
const MAX_AGE = 10;

export interface FeedOutcome {
  readonly requests: number;
  /** Feed queries. */
  readonly queries: number;
  /** Billed reads of the queries: the documents returned, at least one per query. */
  readonly reads: number;
  /** Instances that were started during the simulation. */
  readonly coldStarts: number;
  /** Requests with an outdated token. */
  readonly probes: number;
  /** The longest time between the visibility of a change and the acceptance of an outdated token, in seconds. */
  readonly lastAccepted: number;
}

interface Totals {
  queries: number;
  reads: number;
  coldStarts: number;
  lastAccepted: number;
}

interface SimulationOptions {
  /** Active users. */
  readonly users: number;
  readonly instances: number;
  readonly seconds?: number;
  readonly seed?: number;
  /** Number of simultaneous changes at the start, instead of random ones, e.g. grants that expire together. */
  readonly burst?: number;
}

/**
 * Simulates instances, each with the real revocation feed, that are started and stopped under random requests. Only requests
 * that can cause a feed query are simulated: the others use the changes in memory. The result is exact because the arrival
 * times are memoryless (a Poisson process).
 */
export async function simulateFeed(options: SimulationOptions): Promise<FeedOutcome> {
  const { users, instances, seconds = 3600, seed = 1, burst } = options;
  const random = createRandom(seed);
  const requestRate = users * REQUESTS_PER_USER;
  const changes =
    burst === undefined
      ? generateChanges(random, (requestRate * CHANGES_PER_MILLION) / 1e6, seconds)
      : Array.from({ length: burst }, (_, index) => createChange(random, EPOCH + index / 1000, index));
  const probes =
    burst === undefined ? generateProbes(random, changes, instances) : new Map<number, Probe[]>();
  const totals: Totals = { queries: 0, reads: 0, coldStarts: 0, lastAccepted: 0 };
  for (let slot = 0; slot < instances; slot++) {
    const slotProbes = probes.get(slot)?.sort((a, b) => a.at - b.at) ?? [];
    await simulateSlot({
      random,
      changes,
      probes: slotProbes,
      rate: requestRate / instances,
      seconds,
      totals,
    });
  }
  return { requests: requestRate * seconds, probes: [...probes.values()].flat().length, ...totals };
}

/** Simulates the consecutive instances of one slot. */
async function simulateSlot(slot: {
  readonly random: Random;
  readonly changes: readonly SimulatedChange[];
  readonly probes: readonly Probe[];
  readonly rate: number;
  readonly seconds: number;
  readonly totals: Totals;
}): Promise<void> {
  const { random, changes, probes, rate, seconds, totals } = slot;
  const end = EPOCH + seconds;
  let now = EPOCH;
  const clock = () => now * 1000;
  const readSince = async (since: number) => {
    const found: SimulatedChange[] = [];
    for (let index = firstAfter(changes, since); index < changes.length; index++) {
      const change = changes[index];
      if (change === undefined || change.at > now * 1000) break;
      if (change.visibleAt <= now) found.push(change);
    }
    totals.queries++;
    totals.reads += Math.max(1, found.length);
    // The real reader reads pages. The number of billed documents is the same.
    return { changes: found, readAt: now * 1000, more: false };
  };
  const startInstance = () => {
    const feed = createRevocationFeed({
      readSince,
      clock,
      maxAge: MAX_AGE,
      log: { feedReadFailed: () => undefined },
    });
    return { feed, stopsAt: now + timeToNextEvent(random, 1 / INSTANCE_LIFETIME) };
  };

  let instance = startInstance();
  // The first instance was started before the simulation: do not count its first query.
  await instance.feed.find('unchanged-user');
  totals.queries--;
  totals.reads -= Math.max(1, changes.filter(({ visibleAt }) => visibleAt <= now).length);
  let nextRequest = now + MAX_AGE + timeToNextEvent(random, rate);
  let probe = 0;
  for (;;) {
    const probeAt = probes[probe]?.at ?? Number.POSITIVE_INFINITY;
    now = Math.min(nextRequest, probeAt, instance.stopsAt);
    if (now >= end) return;
    if (now === instance.stopsAt) {
      instance = startInstance();
      totals.coldStarts++;
      // The first request causes a query.
      nextRequest = now + timeToNextEvent(random, rate);
      continue;
    }
    const before = totals.queries;
    const probed = now === probeAt ? probes[probe++] : undefined;
    if (probed === undefined) await instance.feed.find('unchanged-user');
    else if (await isAccepted(instance.feed, probed.change, clock)) {
      totals.lastAccepted = Math.max(totals.lastAccepted, now - probed.change.visibleAt);
    }
    if (totals.queries > before) nextRequest = now + MAX_AGE + timeToNextEvent(random, rate);
  }
}

/** Whether `authenticate` accepts a token from before the change. */
async function isAccepted(
  feed: AuthenticateDeps['accessChanges'],
  { uid, rolesVersion = 0 }: SimulatedChange,
  clock: () => number,
): Promise<boolean> {
  const principal = createPrincipal({ ...ANONYMOUS, kind: 'user', subject: uid, directoryId: uid });
  const directoryVersion = { id: uid, rolesVersion: rolesVersion - 1, validAfter: 0 };
  const authenticator: Authenticator<string> = {
    extract: () => '',
    authenticate: () => ({ principal, directoryVersion }),
    forget: () => undefined,
  };
  const deps: AuthenticateDeps = {
    authenticators: [],
    accessChanges: feed,
    accessRecords: {
      read: async () => undefined,
      readExternal: async () => ({ record: undefined, directoryVersion }),
      resyncAfterStaleToken: async () => undefined,
    },
    clock,
  };
  return authenticate(deps, { authenticator, value: '' }, { fresh: false }).then(
    () => true,
    () => false,
  );
}
