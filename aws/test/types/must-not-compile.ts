import { cognito, oidc } from '../../../functions/src/core/gatehouse-config.ts';
import { defineAuthorizerConfig } from '../../src/settings.ts';

/** Each `@ts-expect-error` fails the type check when its line compiles. Nothing here runs. */

export const rightConfig = defineAuthorizerConfig({
  firebaseProjectId: 'shop-1234',
  trustedIssuers: [
    cognito({
      region: 'eu-west-1',
      userPoolId: 'eu-west-1_AbCdEfGhI',
      clientIds: ['web'],
      tokenUse: 'access',
      map: { everyone: ['member'], groups: { helpdesk: ['support'] } },
    }),
  ],
  routes: [{ method: 'GET', path: '/notes', access: { permission: 'notes:read' } }],
});

export const wrongConfigs = [
  defineAuthorizerConfig({
    trustedIssuers: [],
    // @ts-expect-error there is no such permission
    routes: [{ method: 'GET', path: '/notes', access: { permission: 'notes:eat' } }],
  }),
  defineAuthorizerConfig({
    trustedIssuers: [],
    // @ts-expect-error a public route has no authorizer
    routes: [{ method: 'GET', path: '/notes', access: 'public' }],
  }),
  defineAuthorizerConfig({
    trustedIssuers: [],
    // @ts-expect-error a method is in upper case
    routes: [{ method: 'get', path: '/notes', access: 'signed-in' }],
  }),
  // @ts-expect-error routes are required: `null` allows every signed-in caller
  defineAuthorizerConfig({ trustedIssuers: [] }),
  defineAuthorizerConfig({
    // @ts-expect-error there is no such role
    trustedIssuers: [oidc({ issuer: 'https://a.example', audience: 'b', map: { everyone: ['boss'] } })],
    routes: null,
  }),
];
