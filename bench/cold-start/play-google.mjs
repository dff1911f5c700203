// Preloaded into a function that runs as in production: leads its requests for Google's keys and accounts to
// BENCH_GOOGLE_PORT on loopback, and its Firestore to BENCH_FIRESTORE. Plain JavaScript: no time goes into types.
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
    // Its part of the bundle. Only now: Gatehouse refuses to start with it, and the SDK reads it when it is first used.
    if (/\/firestore-\w+\.js$/.test(specifier))
      process.env.FIRESTORE_EMULATOR_HOST = process.env.BENCH_FIRESTORE;
    return next(specifier, context);
  },
});
