import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRouteTable } from '../../../src/gateways/route-access.ts';
import { readGateSettings } from '../../../src/gateways/settings.ts';

const guide = readFileSync(new URL('../../../../docs/guides/aws-lambda.md', import.meta.url), 'utf8');
const [issuers = '', routes = ''] = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);

describe('the guide to AWS', () => {
  it('has settings that a gate starts with', () => {
    const { profiles, routes: read } = readGateSettings({
      TRUSTED_ISSUERS: issuers.replace('<project id>', 'shop-1234'),
      ROUTES: routes,
    });
    assert.deepEqual(
      profiles.map(({ type }) => type),
      ['cognito', 'auth0', 'firebase'],
    );
    assert.ok(createRouteTable(read).rows.length >= 4);
  });
});
