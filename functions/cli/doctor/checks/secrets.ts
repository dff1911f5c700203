import { mfaEncryptionKeys } from '../../../src/config.ts';
import { hasSecret } from '../../project/secrets.ts';
import type { Check } from '../check.ts';
import { finding } from '../findings.ts';
import type { Installation } from '../project-files.ts';

/** The secret in Secret Manager. The Firebase CLI puts the name of a kit's instance before it. */
export const mfaSecretOf = ({ kind, prefix }: Installation): string =>
  `${kind === 'kit' ? prefix : ''}${mfaEncryptionKeys.name}`;

export const secrets: Check = {
  name: 'secrets',
  reads: 'project',
  async run({ live: { access }, installation }) {
    const name = mfaSecretOf(installation);
    if (await hasSecret(access, name)) return [];
    return [
      finding(
        'secret-missing',
        `the secret ${name} does not exist, or its latest version cannot be read: the API cannot be deployed`,
        `gatehouse keys generate mfa | firebase functions:secrets:set ${name} --data-file - --project ${access.projectId}`,
      ),
    ];
  },
};
