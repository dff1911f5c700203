import { AppError } from '../../src/core/errors.ts';
import { actor } from '../helpers/actor.ts';
import type { TestInstance } from '../helpers/open-instance.ts';
import { withAccessRules } from '../helpers/users.ts';

/** One edit: the end of somebody's grant, a day later than it was. Edits add up, so that a lost one shows in the sum. */
export interface EditJob {
  readonly uid: string;
  readonly by: string;
  /** Kept as the reason, by which it is found in the history. */
  readonly name: string;
}

export const DAY = 24 * 3600;

/** Reads, edits, and begins anew when somebody else was faster, as a careful client does. */
export async function edit(instance: TestInstance, { uid, by, name }: EditJob): Promise<void> {
  for (;;) {
    const { grants, version } = await untilAnswered(() => instance.users.getRoles(uid));
    const later = grants.map(({ role, expiresAt = '' }) => ({
      role,
      expiresAt: (expiresAt === '' ? 0 : Date.parse(expiresAt) / 1000) + DAY,
    }));
    const change = { uid, grants: later, version, reason: name };
    let outcome = await attempt(instance, by, change);
    const isUnknown = outcome === 'unavailable';
    // The version lets only one attempt through: trying the same again cannot make the edit twice.
    while (outcome === 'unavailable') outcome = await attempt(instance, by, change);
    if (outcome === 'done' || (isUnknown && (await isInHistory(instance, uid, name)))) return;
  }
}

/** @throws AppError other than those that say to try again */
async function attempt(
  instance: TestInstance,
  by: string,
  change: Parameters<TestInstance['users']['setRoles']>[1],
): Promise<'done' | 'version_mismatch' | 'unavailable'> {
  try {
    await withAccessRules(instance.users).setRoles(actor(by, ['owner']), change);
    return 'done';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code !== 'version_mismatch' && error.code !== 'unavailable') throw error;
    return error.code;
  }
}

/** Somebody else's edit, or this one's first attempt, whose answer was lost? */
async function isInHistory(instance: TestInstance, uid: string, name: string): Promise<boolean> {
  const { events } = await untilAnswered(() => instance.audit.list({ target: uid, pageSize: 500 }));
  return events.some(({ reason, outcome }) => outcome === 'done' && reason === name);
}

async function untilAnswered<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    }
  }
}
