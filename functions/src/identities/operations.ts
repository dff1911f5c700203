import { operation } from '../pipeline/operation.ts';
import { newIdentity, provisionedUser } from '../users/index.ts';
import type { IdentitiesService } from './identities-service.ts';

export const provisionUser = operation<IdentitiesService>()({
  name: 'provisionUser',
  effect: 'write',
  access: { permission: 'users:write' },
  http: { method: 'post', path: '/users' },
  input: newIdentity,
  output: provisionedUser,
  summary: 'Provision a user of a trusted issuer before the first sign-in, or return the existing entry.',
  created: { id: ({ uid }) => uid, existed: ({ created }) => !created },
  run: (identity, { service, actor, access }) => service.provision(actor, identity, access),
});
