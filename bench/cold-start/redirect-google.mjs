// Preloaded into a function that runs as in production. Redirects its requests to Google to BENCH_GOOGLE_PORT on
// loopback, and its Firestore client to BENCH_FIRESTORE. Plain JavaScript, so that no time is spent on type stripping.
import https from 'node:https';
import { registerHooks } from 'node:module';
import { connect } from 'node:net';

class LoopbackAgent extends https.Agent {
  createConnection() {
    return connect(Number(process.env.BENCH_GOOGLE_PORT), '127.0.0.1');
  }
}

https.globalAgent = new LoopbackAgent();

const realFetch = globalThis.fetch;
globalThis.fetch = (url, init) =>
  realFetch(
    String(url).replace('https://www.googleapis.com/', `http://127.0.0.1:${process.env.BENCH_GOOGLE_PORT}/`),
    init,
  );

registerHooks({
  resolve(specifier, context, next) {
    // The Firestore SDK in the bundle reads the variable when it is first used. Gatehouse does not start with it.
    if (/\/firestore-\w+\.js$/.test(specifier))
      process.env.FIRESTORE_EMULATOR_HOST = process.env.BENCH_FIRESTORE;
    return next(specifier, context);
  },
});
