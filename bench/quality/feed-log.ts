/** KuaiRand's log and what its people watched in the days before it, as one log: the first says what was shown, the second does not. */
import { openDatabase, quote } from "../../trainer/read/duckdb.ts";

/** Minutes between two looks of which the data says the order and the time of the last one. */
const LOOK_MS = 60_000;

/**
 * @param events of the standard log @param earlier sequences of video ids a person, with the time of the last
 * @param into a Parquet file that is written
 */
export async function writeFeedLog(events: string, earlier: string, into: string): Promise<void> {
  using database = await openDatabase();
  await database.run(`COPY (
    SELECT CAST(user_id AS VARCHAR) AS user_id, CAST(video_id AS VARCHAR) AS video_id, time_ms, 1 AS is_shown,
      is_click, is_like, is_forward, is_hate, play_time_ms AS dwell_ms,
      least(1, play_time_ms / nullif(duration_ms, 0)) AS fraction, long_view AS finished,
      CAST(tab AS VARCHAR) AS surface
    FROM read_parquet(${quote(events)})
    UNION ALL
    SELECT user_id, video, last_time_ms - ${LOOK_MS} * (len(watched) - place), 0,
      0, CAST(list_contains(liked, video) AS INTEGER), 0, 0, NULL,
      CAST(list_contains(long, video) AS DOUBLE), CAST(list_contains(long, video) AS INTEGER), NULL
    FROM (
      SELECT *, unnest(watched) AS video, unnest(range(1, len(watched) + 1)) AS place FROM (
        SELECT CAST(user_id AS VARCHAR) AS user_id, CAST(last_time_ms AS BIGINT) AS last_time_ms,
          string_split(watch_seq, ' ') AS watched, string_split(coalesce(long_watch_seq, ''), ' ') AS long,
          string_split(coalesce(like_seq, ''), ' ') AS liked
        FROM read_parquet(${quote(earlier)})
      )
    ) WHERE video <> ''
  ) TO ${quote(into)} (FORMAT parquet, COMPRESSION zstd)`);
}
