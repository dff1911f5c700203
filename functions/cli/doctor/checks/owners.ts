import { readOwners } from '../../project/owners.ts';
import type { Check } from '../check.ts';
import { finding } from '../findings.ts';
import { existingDatabase } from './setup.ts';

export const owners: Check = {
  name: 'owners',
  reads: 'project',
  async run(subject) {
    const { access } = subject.live;
    const databaseId = await existingDatabase(subject);
    const enabled = (await readOwners(access, databaseId)).filter(({ isDisabled }) => !isDisabled);
    if (enabled.length === 0) {
      return [
        finding(
          'owner-missing',
          `no enabled user of ${access.projectId} has the role owner`,
          'Make the first owner.',
        ),
      ];
    }
    return enabled
      .filter(({ email, isEmailVerified }) => email !== undefined && !isEmailVerified)
      .map(({ uid, email }) =>
        finding(
          'owner-unverified',
          `the owner ${email} (${uid}) has not verified this address: it may belong to another person`,
          'Make sure that the account is the right one and let the user verify the address, or revoke the role.',
        ),
      );
  },
};
