import { leaseMs } from "./host-lease.js";
import { locks } from "./locks.js";

/**
 * The tables and the functions of the queue of all hosts. Who has a place, and who is next, follows the rules of
 * builds/queue/queue-policy.ts, but that the places of a host are for builds of this host alone. The tables are
 * unlogged: hosts send their places again after a crash of the database, which empties them. Until all hosts had time for
 * that, none is given.
 */
export const queueSchema = `
  CREATE UNLOGGED TABLE slipway.places (
    -- Id of the build, or of the first build that shares the place. Ids sort by creation time.
    id text COLLATE "C" PRIMARY KEY,
    -- The state folder of the host.
    host text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    project text COLLATE "C" NOT NULL,
    is_shared boolean NOT NULL,
    builder text COLLATE "C" NOT NULL,
    priority int NOT NULL,
    weight float8 NOT NULL,
    -- How many places may be taken; null for no limit.
    host_cap int,
    project_cap int,
    builder_cap int,
    is_taken boolean NOT NULL DEFAULT false,
    -- Whose shares it takes: of all places, and then of those of the first.
    share text COLLATE "C" NOT NULL
      GENERATED ALWAYS AS (CASE WHEN is_shared THEN 'project ' || project ELSE 'owner ' || owner END) STORED,
    part text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
      CASE WHEN is_shared THEN 'project ' || project || E'\\n' || owner ELSE 'owner ' || owner || E'\\n' || project END
    ) STORED
  );
  CREATE INDEX places_waiting ON slipway.places (priority, share, part, builder, host, id) WHERE NOT is_taken;
  CREATE INDEX places_taken ON slipway.places (host) WHERE is_taken;
  -- When each share had its last turn; forgotten when a place is left and nobody waits.
  CREATE UNLOGGED TABLE slipway.turns (share text COLLATE "C" PRIMARY KEY, turn timestamptz NOT NULL);
  -- From when on places are given; without a row the database has crashed.
  CREATE UNLOGGED TABLE slipway.queue (opens_at timestamptz NOT NULL);
  INSERT INTO slipway.queue VALUES (now());

  -- Gives free places until nobody who waits can have one. It looks at the shares with waiting builds in the order of their
  -- turn, in each at its parts, and in each part at the oldest build of each builder and host.
  CREATE FUNCTION slipway.schedule(me text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    -- How many places are taken, by share, part, builder and host.
    taken jsonb;
    free text[];
    next_shares record;
    next_parts record;
    chosen slipway.places;
  BEGIN
    SELECT coalesce(jsonb_object_agg(key, n), '{}') INTO taken FROM (
      SELECT key, count(*) AS n FROM slipway.places p
      CROSS JOIN LATERAL (VALUES (p.share), (p.part), ('builder ' || p.builder), ('host ' || p.host)) keys (key)
      WHERE p.is_taken GROUP BY key) counted;
    SELECT array_agg(h.state_id) INTO free FROM slipway.hosts h WHERE h.expires_at > clock_timestamp() AND NOT h.released;
    LOOP
      chosen := NULL;
      <<search>>
      FOR next_shares IN
        WITH RECURSIVE heads (head) AS (
          (SELECT p FROM slipway.places p WHERE NOT p.is_taken ORDER BY p.priority, p.share LIMIT 1)
          UNION ALL
          SELECT (SELECT p FROM slipway.places p
            WHERE NOT p.is_taken AND (p.priority, p.share) > ((h.head).priority, (h.head).share)
            ORDER BY p.priority, p.share LIMIT 1)
          FROM heads h WHERE (h.head).id IS NOT NULL),
        ranked AS (
          SELECT (head).priority, (head).share, coalesce((taken->(head).share)::int, 0) / (head).weight AS part, t.turn
          FROM heads LEFT JOIN slipway.turns t ON t.share = (head).share
          WHERE (head).id IS NOT NULL
            AND NOT ((head).is_shared AND coalesce((taken->(head).share)::int, 0) >= coalesce((head).project_cap, 2147483647)))
        SELECT priority, array_agg(share) AS shares FROM ranked GROUP BY priority, part, turn
        ORDER BY priority DESC, part, turn NULLS FIRST
      LOOP
        FOR next_parts IN
          WITH RECURSIVE heads (head) AS (
            SELECT (SELECT p FROM slipway.places p
              WHERE NOT p.is_taken AND p.priority = next_shares.priority AND p.share = s.share ORDER BY p.part LIMIT 1)
            FROM unnest(next_shares.shares) s (share)
            UNION ALL
            SELECT (SELECT p FROM slipway.places p
              WHERE NOT p.is_taken AND p.priority = (h.head).priority AND p.share = (h.head).share AND p.part > (h.head).part
              ORDER BY p.part LIMIT 1)
            FROM heads h WHERE (h.head).id IS NOT NULL),
          ranked AS (
            SELECT (head).share, (head).part, coalesce((taken->(head).part)::int, 0) AS n, t.turn
            FROM heads LEFT JOIN slipway.turns t ON t.share = (head).part
            WHERE (head).id IS NOT NULL AND ((head).is_shared
              OR coalesce((taken->(head).part)::int, 0) < coalesce((head).project_cap, 2147483647)))
          SELECT array_agg(share) AS shares, array_agg(part) AS parts FROM ranked GROUP BY n, turn ORDER BY n, turn NULLS FIRST
        LOOP
          WITH RECURSIVE heads (head) AS (
            SELECT (SELECT p FROM slipway.places p
              WHERE NOT p.is_taken AND p.priority = next_shares.priority AND p.share = s.share AND p.part = s.part
              ORDER BY p.builder, p.host, p.id LIMIT 1)
            FROM unnest(next_parts.shares, next_parts.parts) s (share, part)
            UNION ALL
            SELECT (SELECT p FROM slipway.places p
              WHERE NOT p.is_taken AND p.priority = (h.head).priority AND p.share = (h.head).share AND p.part = (h.head).part
                AND (p.builder, p.host) > ((h.head).builder, (h.head).host)
              ORDER BY p.builder, p.host, p.id LIMIT 1)
            FROM heads h WHERE (h.head).id IS NOT NULL)
          SELECT (head).* INTO chosen FROM heads
          WHERE (head).host = ANY(free)
            AND coalesce((taken->('host ' || (head).host))::int, 0) < coalesce((head).host_cap, 2147483647)
            AND coalesce((taken->('builder ' || (head).builder))::int, 0) < coalesce((head).builder_cap, 2147483647)
          ORDER BY (head).id LIMIT 1;
          EXIT search WHEN FOUND;
        END LOOP;
      END LOOP;
      EXIT WHEN chosen.id IS NULL;
      UPDATE slipway.places SET is_taken = true WHERE id = chosen.id;
      INSERT INTO slipway.turns VALUES (chosen.share, clock_timestamp()), (chosen.part, clock_timestamp())
        ON CONFLICT (share) DO UPDATE SET turn = excluded.turn;
      SELECT taken || jsonb_object_agg(key, coalesce((taken->key)::int, 0) + 1) INTO taken
        FROM unnest(ARRAY[chosen.share, chosen.part, 'builder ' || chosen.builder, 'host ' || chosen.host]) key;
      IF chosen.host <> me THEN PERFORM pg_notify('slipway_places', chosen.host); END IF;
    END LOOP;
  END $$;

  -- Stores the changes of a host and gives the free places. Returns the taken places of the host, and the refused ones, whose
  -- project has too many waiting builds.
  CREATE FUNCTION slipway.exchange_places(me text, entered jsonb, gone text[], is_all boolean, may_judge boolean)
    RETURNS TABLE (place text, waiting bigint) LANGUAGE plpgsql AS $$
  DECLARE
    refused record;
    opens timestamptz;
  BEGIN
    PERFORM pg_advisory_xact_lock(${locks.queue});
    SELECT opens_at INTO opens FROM slipway.queue;
    IF NOT FOUND THEN
      opens := clock_timestamp() + interval '${leaseMs} ms';
      INSERT INTO slipway.queue VALUES (opens);
    END IF;
    DELETE FROM slipway.places p WHERE p.host = me AND p.id = ANY(gone);
    IF is_all THEN
      DELETE FROM slipway.places p
        WHERE p.host = me AND NOT p.id = ANY(SELECT e->>'id' FROM jsonb_array_elements(entered) e);
      DELETE FROM slipway.places p WHERE p.host <> me AND NOT EXISTS (
        SELECT FROM slipway.hosts h
        WHERE h.state_id = p.host AND NOT (h.released OR may_judge AND h.expires_at < clock_timestamp()));
    END IF;
    -- The host that has a build has its place.
    INSERT INTO slipway.places AS p
      (id, host, owner, project, is_shared, builder, priority, weight, host_cap, project_cap, builder_cap, is_taken)
      SELECT e.id, me, e.owner, e.project, e.is_shared, e.builder, e.priority, e.weight, e.host_cap, e.project_cap,
        e.builder_cap, e.is_taken
      FROM jsonb_to_recordset(entered) AS e (id text, owner text, project text, is_shared boolean, builder text,
        priority int, weight float8, host_cap int, project_cap int, builder_cap int, is_taken boolean)
      ON CONFLICT (id) DO UPDATE SET host = me, weight = excluded.weight, host_cap = excluded.host_cap,
        project_cap = excluded.project_cap, builder_cap = excluded.builder_cap,
        is_taken = excluded.is_taken OR p.host = me AND p.is_taken;
    IF clock_timestamp() >= opens THEN PERFORM slipway.schedule(me); END IF;
    FOR refused IN
      SELECT p.id, e.room, (SELECT count(*) FROM slipway.places o
        WHERE o.project = p.project AND o.is_shared AND NOT o.is_taken AND (o.id < p.id OR NOT EXISTS (
          SELECT FROM jsonb_to_recordset(entered) AS n (id text, room int) WHERE n.id = o.id AND n.room IS NOT NULL
        ))) AS before
      FROM jsonb_to_recordset(entered) AS e (id text, room int) JOIN slipway.places p ON p.id = e.id
      WHERE e.room IS NOT NULL AND p.host = me AND NOT p.is_taken
    LOOP
      CONTINUE WHEN refused.before < refused.room;
      DELETE FROM slipway.places p WHERE p.id = refused.id;
      place := refused.id;
      waiting := refused.before;
      RETURN NEXT;
    END LOOP;
    IF cardinality(gone) > 0 AND NOT EXISTS (SELECT FROM slipway.places p WHERE NOT p.is_taken) THEN
      DELETE FROM slipway.turns;
    END IF;
    RETURN QUERY SELECT p.id, NULL::bigint FROM slipway.places p WHERE p.host = me AND p.is_taken;
  END $$;`;
