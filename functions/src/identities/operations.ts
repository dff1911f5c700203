import { operation } from '../pipeline/operation.ts';
import type { IdentitiesService } from './identities-service.ts';
import { createdUser, newUser, newUserBody } from './schema.ts';

export const createUser = operation<IdentitiesService>()({
  name: 'createUser',
  effect: 'write',
  access: { permission: 'users:write' },
  http: { method: 'post', path: '/users' },
  input: newUser,
  body: newUserBody,
  output: createdUser,
  errors: ['already_exists', 'exceeds_own_permissions'],
  summary: 'Create a Firebase user by e-mail address, or a user of a trusted issuer if there is none.',
  created: { id: ({ uid }) => uid, existed: ({ created }) => !created },
  run({ issuer, subject, email, ...fields }, { service, actor, access }) {
    if (email !== undefined) return service.createFirebaseUser(actor, { email, ...fields }, access);
    // The schema takes an address or an identity.
    return service.provision(actor, { issuer: issuer ?? '', subject: subject ?? '' }, access);
  },
});
