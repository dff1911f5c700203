import { defineAuthorizerConfig } from './src/settings.ts';

/** What the Lambda authorizer accepts. Edit it, then run `npm run build:lambda`. docs/guides/aws-lambda.md explains it. */
export default defineAuthorizerConfig({
  firebaseProjectId: 'demo-gatehouse',
  trustedIssuers: [],
  routes: [
    { method: 'GET', path: '/notes', access: { permission: 'notes:read' } },
    { method: 'POST', path: '/notes', access: { permission: 'notes:write' } },
    { method: 'GET', path: '/notes/{id}', access: { permission: 'notes:read' } },
  ],
});
