// one-file.mjs: one 100 MB file from one Chromium to another (transfer.mjs).
import { transfer } from './transfer.mjs';

/** @param {{rounds?: number, only?: string, profiled?: boolean, earlier?: object[]}} how */
export const run = (how) => transfer({ ...how, receivers: 1 });
