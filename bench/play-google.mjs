// Preloaded into a function that runs as in production: leads its requests for Google's keys to BENCH_GOOGLE_PORT on
// loopback, and its Firestore to BENCH_FIRESTORE. Plain JavaScript, so that no time goes into stripping types.
import https from 'node:https';
import { connect } from 'node:net';

class LoopbackAgent extends https.Agent {
  createConnection() {
    // Only now: Gatehouse refuses to start with it, and Firestore's SDK reads it when it is first used, after the keys.
    process.env.FIRESTORE_EMULATOR_HOST = process.env.BENCH_FIRESTORE;
    return connect(Number(process.env.BENCH_GOOGLE_PORT), '127.0.0.1');
  }
}

https.globalAgent = new LoopbackAgent();
