import { type AuthenticateDeps, authenticate } from '../../functions/src/authn/authenticate.ts';
import type { Authenticator } from '../../functions/src/authn/credential.ts';
import { ANONYMOUS, createPrincipal } from '../../functions/src/authz/principal.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import {
  changeAt,
  drawChanges,
  drawProbes,
  EPOCH,
  firstAfter,
  type Probe,
  type WorldChange,
} from './feed-draws.ts';
import { CHANGES_PER_MILLION, INSTANCE_LIFE, REQUESTS_PER_USER } from './load.ts';
import { createRandom, type Random, untilNext } from './random.ts';

/** Seconds, as a deployment has it unless told otherwise. */
const MAX_AGE = 10;

export interface FeedOutcome {
  readonly requests: number;
  /** Queries for access changes. */
  readonly queries: number;
  /** What Firestore bills for them: the documents they found, or one when they found none. */
  readonly reads: number;
  /** Instances that came new. */
  readonly coldStarts: number;
  /** Requests with a token that a change had made stale. */
  readonly probes: number;
  /** How long after a change was there to be read such a token last passed, in seconds. */
  readonly lastAccepted: number;
}

interface Tally {
  queries: number;
  reads: number;
  coldStarts: number;
  lastAccepted: number;
}

interface World {
  /** Active users. */
  readonly users: number;
  readonly instances: number;
  readonly seconds?: number;
  readonly seed?: number;
  /** Changes of this very moment, e.g. the grants of a course that end together; none come after. */
  readonly burst?: number;
}

/**
 * Instances that come and go, each with the real access feed, under requests that come at random. Only requests that can
 * make a feed read are played: those between two reads ask the memory and nobody else. That is exact, since random
 * arrivals have no memory.
 */
export async function simulateFeed(world: World): Promise<FeedOutcome> {
  const { users, instances, seconds = 3600, seed = 1, burst } = world;
  const random = createRandom(seed);
  const requestRate = users * REQUESTS_PER_USER;
  const changes =
    burst === undefined
      ? drawChanges(random, (requestRate * CHANGES_PER_MILLION) / 1e6, seconds)
      : Array.from({ length: burst }, (_, index) => changeAt(random, EPOCH + index / 1000, index));
  const probes = burst === undefined ? drawProbes(random, changes, instances) : new Map<number, Probe[]>();
  const tally: Tally = { queries: 0, reads: 0, coldStarts: 0, lastAccepted: 0 };
  for (let slot = 0; slot < instances; slot++) {
    const mine = probes.get(slot)?.sort((a, b) => a.at - b.at) ?? [];
    await playSlot({ random, changes, probes: mine, rate: requestRate / instances, seconds, tally });
  }
  return { requests: requestRate * seconds, probes: [...probes.values()].flat().length, ...tally };
}

/** One place for an instance: they live in it one after the other. */
async function playSlot(slot: {
  readonly random: Random;
  readonly changes: readonly WorldChange[];
  readonly probes: readonly Probe[];
  readonly rate: number;
  readonly seconds: number;
  readonly tally: Tally;
}): Promise<void> {
  const { random, changes, probes, rate, seconds, tally } = slot;
  const end = EPOCH + seconds;
  let now = EPOCH;
  const clock = () => now * 1000;
  const readSince = async (since: number) => {
    const found: WorldChange[] = [];
    for (let index = firstAfter(changes, since); index < changes.length; index++) {
      const change = changes[index];
      if (change === undefined || change.at > now * 1000) break;
      if (change.shownAt <= now) found.push(change);
    }
    tally.queries++;
    tally.reads += Math.max(1, found.length);
    // The real reader turns pages here; billed are the documents all the same.
    return { changes: found, readAt: now * 1000, more: false };
  };
  const boot = () => {
    const feed = createRevocationFeed({
      readSince,
      clock,
      maxAge: MAX_AGE,
      log: { feedReadFailed: () => undefined },
    });
    return { feed, diesAt: now + untilNext(random, 1 / INSTANCE_LIFE) };
  };

  let instance = boot();
  // The first in its place is there already: what it read when it started was before the simulation.
  await instance.feed.find('somebody');
  tally.queries--;
  tally.reads -= Math.max(1, changes.filter(({ shownAt }) => shownAt <= now).length);
  let nextRequest = now + MAX_AGE + untilNext(random, rate);
  let probe = 0;
  for (;;) {
    const probeAt = probes[probe]?.at ?? Number.POSITIVE_INFINITY;
    now = Math.min(nextRequest, probeAt, instance.diesAt);
    if (now >= end) return;
    if (now === instance.diesAt) {
      instance = boot();
      tally.coldStarts++;
      // Whoever comes first makes it read.
      nextRequest = now + untilNext(random, rate);
      continue;
    }
    const before = tally.queries;
    const probed = now === probeAt ? probes[probe++] : undefined;
    if (probed === undefined) await instance.feed.find('somebody');
    else if (await passes(instance.feed, probed.change, clock)) {
      tally.lastAccepted = Math.max(tally.lastAccepted, now - probed.change.shownAt);
    }
    if (tally.queries > before) nextRequest = now + MAX_AGE + untilNext(random, rate);
  }
}

/** Does a token from before the change pass? Asks the code that a request asks. */
async function passes(
  feed: AuthenticateDeps['accessChanges'],
  { uid, rolesVersion = 0 }: WorldChange,
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
