// Preloaded. Replaces the clock: at real time BENCH_CLOCK_START it shows BENCH_CLOCK_ORIGIN, and then runs
// BENCH_CLOCK_SPEED times as fast. Timers are not changed.
const start = Number(process.env.BENCH_CLOCK_START);
const origin = Number(process.env.BENCH_CLOCK_ORIGIN);
const speed = Number(process.env.BENCH_CLOCK_SPEED);
const real = Date.now;

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [Date.now()] : args));
  }
  static now() {
    return Math.round(origin + (real() - start) * speed);
  }
};
