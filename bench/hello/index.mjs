import { createRequire } from 'node:module';

// The functions' own copy of the SDK: the least that a Firebase function can be.
const { onRequest } = createRequire(new URL('../../functions/package.json', import.meta.url))(
  'firebase-functions/https',
);

export const hello = onRequest((_req, res) => {
  res.json({ status: 'ok' });
});
