import { actor } from '../helpers/actor.ts';
import type { TestInstance } from '../helpers/open-instance.ts';
import { withAccessRules } from '../helpers/users.ts';

/** A change of a user's access by an owner, during which a process is killed. */
export const CHANGES = ['promote', 'demote', 'disable', 'delete', 'revoke'] as const;
export type ChangeName = (typeof CHANGES)[number];

export interface Change {
  readonly name: ChangeName;
  readonly by: string;
  readonly uid: string;
}

/** @param instance in it every entry has version 1 */
export async function applyChange(instance: TestInstance, { name, by, uid }: Change): Promise<void> {
  const users = withAccessRules(instance.users);
  const owner = actor(by, ['owner']);
  switch (name) {
    case 'promote':
      await users.setRoles(owner, { uid, grants: [{ role: 'owner' }], version: 1 });
      return;
    case 'demote':
      await users.setRoles(owner, { uid, grants: [{ role: 'member' }], version: 1 });
      return;
    case 'disable':
      await users.setDisabled(owner, uid, true);
      return;
    case 'delete':
      return users.remove(owner, uid);
    case 'revoke':
      await users.revoke(owner, uid);
  }
}
