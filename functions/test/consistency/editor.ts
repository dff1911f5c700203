import type { Role } from '../../src/authz/roles.ts';
import { AppError } from '../../src/core/errors.ts';
import { actor } from '../helpers/actor.ts';
import type { TestInstance } from '../helpers/open-instance.ts';
import { withAccessRules } from '../helpers/users.ts';

/** One edit: moves the end of a user's grant by a day. Edits add up, so the sum shows a lost one. */
export interface EditJob {
  readonly uid: string;
  readonly by: string;
  /** The reason of the change, by which its audit event is found. */
  readonly name: string;
  /** Grants this role instead, without a version. */
  readonly role?: Role;
}

export const DAY = 24 * 3600;

/** Reads, edits, and starts again on a version mismatch, as a careful client does. */
export async function edit(instance: TestInstance, { uid, by, name, role }: EditJob): Promise<void> {
  if (role !== undefined) {
    const grant = { uid, role, auditReason: name };
    // A grant that was made already is not made again, so it can be repeated.
    await retryWhileUnavailable(() => withAccessRules(instance.users).addGrant(actor(by, ['owner']), grant));
    return;
  }
  for (;;) {
    const { grants, version } = await retryWhileUnavailable(() => instance.users.getRoles(uid));
    const later = grants.map(({ role, expiresAt = '' }) => ({
      role,
      expiresAt: (expiresAt === '' ? 0 : Date.parse(expiresAt) / 1000) + DAY,
    }));
    const change = { uid, grants: later, version, auditReason: name };
    let outcome = await attempt(instance, by, change);
    const isUnknown = outcome === 'unavailable';
    // The version lets only one attempt succeed, so a retry cannot make the edit twice.
    while (outcome === 'unavailable') outcome = await attempt(instance, by, change);
    if (outcome === 'done' || (isUnknown && (await hasAuditEvent(instance, uid, name)))) return;
  }
}

/** @throws AppError other than the two that a client retries */
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

/** Was the first attempt committed although its response was lost? Otherwise another edit was faster. */
async function hasAuditEvent(instance: TestInstance, uid: string, name: string): Promise<boolean> {
  const { events } = await retryWhileUnavailable(() => instance.audit.list({ target: uid, pageSize: 500 }));
  return events.some(({ reason, outcome }) => outcome === 'done' && reason === name);
}

async function retryWhileUnavailable<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    }
  }
}
