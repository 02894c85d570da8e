import { localTime } from '../../session/format.ts'
import { type Progress, stageOf } from './progress.ts'

/** The stage in words, with its time: `loader`, `silent since 2026-11-22T21:46:03.123+01:00 (heartbeat before)`. */
export function atStage(progress: Progress): string {
  const { stage } = stageOf(progress)
  const { off, life } = progress
  if (stage === 'off') {
    return `off since ${localTime(new Date(off!.since))}${off!.why === undefined ? '' : `: ${off!.why}`}`
  }
  if (stage === 'silent' && life?.state === 'silent') {
    return `silent since ${localTime(new Date(life.since))} (${life.by} before)`
  }
  return stage
}
