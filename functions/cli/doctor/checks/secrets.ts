import { mfaEncryptionKeys } from '../../../src/config.ts';
import { hasSecret } from '../../project/secrets.ts';
import type { Check } from '../check.ts';
import { finding } from '../findings.ts';
import type { Installation } from '../project-files.ts';

/** The secret in Secret Manager. The Firebase CLI puts the name of a kit's instance before it. */
export const mfaSecretOf = ({ kind, prefix }: Installation): string =>
  `${kind === 'kit' ? prefix : ''}${mfaEncryptionKeys.name}`;

/** The Firebase CLI sets no secret with small letters in its name, such as that of a kit (its `lib/functions/secrets.js`). */
const create = ({ kind }: Installation) =>
  kind === 'kit' ? 'gcloud secrets create' : 'firebase functions:secrets:set';

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
        `gatehouse keys generate mfa | ${create(installation)} ${name} --data-file - --project ${access.projectId}`,
      ),
    ];
  },
};
