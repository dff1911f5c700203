import { createRequire } from 'node:module';

// A minimal Firebase function, with the functions' own copy of the SDK.
const { onRequest } = createRequire(new URL('../../functions/package.json', import.meta.url))(
  'firebase-functions/https',
);

export const hello = onRequest((_req, res) => {
  res.json({ status: 'ok' });
});
