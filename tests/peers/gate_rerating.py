"""A month's usage under two rate tables, re-rated in SQL: `gate_rerating.py FOLDER` with `usage.parquet`,
`base.csv`, `head.csv`. Prints one JSON object: for each comparison rows of a name and decimals as text.
All arithmetic is DECIMAL; half is rounded away from zero."""

import json
import sys

import duckdb

folder = sys.argv[1]
FROM, TO = 1_735_689_600_000_000, 1_735_689_600_000_000 + 31 * 86_400_000_000
db = duckdb.connect()
db.execute("SET threads=2")
db.execute("SET TimeZone='UTC'")

db.execute(f"""
CREATE TABLE usage AS
SELECT *, epoch_us(period_start) AS s, epoch_us(period_end) AS e,
       CASE WHEN least(s, e) >= {TO} OR greatest(s, e, least(s, e) + 1) <= {FROM} THEN 'outside'
            WHEN e <= s THEN 'the period doesn''t end after it begins'
            WHEN s < {FROM} OR e > {TO} THEN 'the period crosses the border of the month'
            ELSE 'inside' END AS place
FROM read_parquet('{folder}/usage.parquet')""")
db.execute("""
CREATE TABLE groups AS
SELECT row_number() OVER () AS g, * FROM (
  SELECT service_id, region, customer_segment, unit, cost_centre, entity, gl_account,
         CAST(sum(quantity) AS DECIMAL(20,4)) AS q, count(*) AS n
  FROM usage WHERE place = 'inside' GROUP BY ALL)""")
db.execute("""
CREATE TABLE used AS
SELECT row_number() OVER () AS u, * FROM (SELECT DISTINCT service_id, region, customer_segment FROM usage)""")

COLUMNS = {
    "service_id": "VARCHAR", "region": "VARCHAR", "customer_segment": "VARCHAR", "unit": "VARCHAR",
    "tier_from": "DECIMAL(14,1)", "tier_to": "DECIMAL(14,1)", "tier_mode": "VARCHAR",
    "unit_price": "DECIMAL(14,6)", "currency": "VARCHAR", "starts": "BIGINT", "ends": "BIGINT",
}
columns = ", ".join(f"'{c}': '{k}'" for c, k in COLUMNS.items())
KEY = "service_id || '/' || coalesce(region, '-') || '/' || coalesce(customer_segment, '-')"
# Of one type, lest the one with the fewest digits behind the point becomes that of all.
ROUND = " ".join(f"{when} CAST(round(raw, {digits}) AS DECIMAL(36,10))" for when, digits in [
    ("CASE currency WHEN 'JPY' THEN", 0), ("WHEN 'KWD' THEN", 3), ("ELSE", 2)]) + " END"
for side in ["base", "head"]:
    db.execute(f"""
    CREATE TABLE rates_{side} AS SELECT *, {KEY} AS k,
           (region IS NOT NULL)::INT * 2 + (customer_segment IS NOT NULL)::INT AS rank
    FROM read_csv('{folder}/{side}.csv', header=true, columns={{{columns}}}, nullstr='')
    WHERE starts <= {FROM} AND (ends IS NULL OR {FROM} < ends)""")
    # What the rates of a key come to, or why nothing: kinds, currencies and units before tiers.
    db.execute(f"""
    CREATE TABLE keys_{side} AS
    WITH walked AS (
      SELECT *, row_number() OVER w AS i, lag(tier_to) OVER w AS reached
      FROM rates_{side} WINDOW w AS (PARTITION BY k ORDER BY tier_from, tier_to NULLS LAST)),
    states AS (
      SELECT *, CASE WHEN i = 1 AND tier_from <> 0 THEN 'the tiers don''t begin at zero'
                     WHEN i = 1 OR tier_from = reached THEN NULL
                     WHEN tier_from > reached THEN 'the tiers have a hole'
                     ELSE 'the tiers overlap' END AS wrong
      FROM walked)
    SELECT k, any_value(service_id) AS service_id, any_value(region) AS region,
           any_value(customer_segment) AS customer_segment, any_value(rank) AS rank,
           any_value(tier_mode) AS tier_mode, any_value(currency) AS currency, any_value(unit) AS unit,
           CASE WHEN count(DISTINCT coalesce(tier_mode, 'none')) > 1
                  THEN 'rates of the key with tiers and without, or of both modes, are in force'
                WHEN count(DISTINCT currency) > 1 THEN 'rates of the key in several currencies are in force'
                WHEN count(DISTINCT coalesce(unit, '')) > 1 THEN 'tiers of the key in several units are in force'
                WHEN any_value(tier_mode) IS NULL THEN
                  CASE WHEN count(*) > 1 THEN 'several rates of the key are in force' END
                ELSE arg_min(wrong, i) END AS wrong,
           -- No upper bound is null.
           CASE WHEN count(*) = count(tier_to) THEN max(tier_to) END AS above
    FROM states GROUP BY k""")
    db.execute(f"""
    CREATE TABLE chosen_{side} AS
    SELECT u, k, rank FROM used JOIN keys_{side} x
      ON used.service_id = x.service_id AND (x.region IS NULL OR x.region = used.region)
     AND (x.customer_segment IS NULL OR x.customer_segment = used.customer_segment)
    QUALIFY row_number() OVER (PARTITION BY u ORDER BY rank DESC) = 1""")
    db.execute(f"""
    CREATE TABLE priced_{side} AS
    WITH asked AS (
      SELECT g.*, used.u, c.k, c.rank, x.currency, x.tier_mode,
             CASE WHEN c.k IS NULL THEN 'unrated' WHEN x.wrong IS NOT NULL THEN x.wrong
                  WHEN x.unit <> g.unit THEN 'the usage is in another unit than the rate'
                  WHEN x.tier_mode IS NOT NULL AND abs(g.q) >= x.above THEN 'the usage is above the last tier'
                  ELSE 'rated' END AS state
      FROM groups g
      JOIN used ON g.service_id = used.service_id AND g.region IS NOT DISTINCT FROM used.region
               AND g.customer_segment IS NOT DISTINCT FROM used.customer_segment
      LEFT JOIN chosen_{side} c USING (u) LEFT JOIN keys_{side} x ON x.k = c.k),
    parts AS (
      SELECT a.g, CASE
               WHEN a.tier_mode IS NULL THEN a.q * r.unit_price
               WHEN a.tier_mode = 'volume' THEN
                 CASE WHEN abs(a.q) >= r.tier_from AND (r.tier_to IS NULL OR abs(a.q) < r.tier_to)
                      THEN a.q * r.unit_price ELSE 0 END
               ELSE sign(a.q) * CAST(greatest(0, least(abs(a.q), coalesce(r.tier_to, abs(a.q))) - r.tier_from)
                                     AS DECIMAL(20,4)) * r.unit_price END AS part
      FROM asked a JOIN rates_{side} r ON r.k = a.k WHERE a.state = 'rated'),
    sums AS (SELECT g, CAST(sum(part) AS DECIMAL(36,10)) AS raw FROM parts GROUP BY g)
    SELECT a.*, {ROUND} AS amount FROM asked a LEFT JOIN sums USING (g)""")

db.execute("""
CREATE TABLE compared AS
SELECT b.*, h.k AS hk, h.rank AS hrank, h.currency AS hcurrency, h.state AS hstate, h.amount AS hamount,
       b.state NOT IN ('rated', 'unrated') OR h.state NOT IN ('rated', 'unrated') AS apart,
       CASE WHEN coalesce(b.rank, -1) > coalesce(h.rank, -1) THEN b.k ELSE coalesce(h.k, b.k) END AS told
FROM priced_base b JOIN priced_head h USING (g)""")
# One row for each side's amount.
db.execute("""
CREATE TABLE money AS
SELECT cost_centre, coalesce(gl_account, '-') AS gl_account, entity, service_id, told, currency,
       amount AS old, 0 AS new FROM compared WHERE state = 'rated' AND NOT apart
UNION ALL
SELECT cost_centre, coalesce(gl_account, '-'), entity, service_id, told, hcurrency, 0, hamount
FROM compared WHERE hstate = 'rated' AND NOT apart""")

answer = {}


def tell(name, query):
    answer[name] = [[str(cell) for cell in row] for row in db.execute(query).fetchall()]


SUMS = "sum(old), sum(new), sum(new) - sum(old)"
for column in ["cost_centre", "gl_account", "entity", "service_id"]:
    tell(column, f"SELECT {column} || '|' || currency, {SUMS} FROM money GROUP BY ALL")
tell("total", f"SELECT currency, {SUMS} FROM money GROUP BY ALL")
tell("key", f"SELECT told || '|' || currency, {SUMS} FROM money GROUP BY ALL")
tell("side", """
SELECT 'base|' || state, count(*), sum(n) FROM compared GROUP BY state UNION ALL
SELECT 'head|' || hstate, count(*), sum(n) FROM compared GROUP BY hstate""")
for name, where in [("amount", "true"), ("not_compared", "apart")]:
    tell(name, f"""
    SELECT 'base|' || currency, sum(amount) FROM compared WHERE state = 'rated' AND {where} GROUP BY currency UNION ALL
    SELECT 'head|' || hcurrency, sum(hamount) FROM compared WHERE hstate = 'rated' AND {where} GROUP BY hcurrency""")
tell("unrated", f"""
SELECT {KEY} || '|' || unit || '|' || (state = 'unrated'), sum(q) FROM compared WHERE hstate = 'unrated'
GROUP BY service_id, region, customer_segment, unit, state = 'unrated'""")
tell("usage", """
SELECT place || '|' || unit, sum(quantity) FROM usage WHERE place NOT IN ('inside', 'outside') GROUP BY ALL""")
# A key is undetermined by its own rates, by a group told with it, or by rows of an unknown month.
tell("coverage", """
WITH all_keys AS (SELECT k FROM keys_base UNION SELECT k FROM keys_head),
uses AS (
  SELECT k, state NOT IN ('rated', 'unrated') AS unknown FROM compared UNION ALL
  SELECT hk, hstate NOT IN ('rated', 'unrated') FROM compared UNION ALL
  SELECT told, apart FROM compared),
strays AS (
  SELECT DISTINCT x.u FROM usage JOIN used x ON usage.service_id = x.service_id
   AND usage.region IS NOT DISTINCT FROM x.region
   AND usage.customer_segment IS NOT DISTINCT FROM x.customer_segment
  WHERE place NOT IN ('inside', 'outside')),
unknown AS (
  SELECT k FROM uses WHERE unknown UNION
  SELECT k FROM chosen_base JOIN strays USING (u) UNION SELECT k FROM chosen_head JOIN strays USING (u))
SELECT k || '|' || CASE WHEN k IN (FROM unknown WHERE k IS NOT NULL) THEN 'undetermined'
                        WHEN k IN (SELECT k FROM uses WHERE k IS NOT NULL) THEN 'priced' ELSE 'unpriced' END,
       (SELECT count(*) FROM compared WHERE told = all_keys.k)
FROM all_keys""")
print(json.dumps(answer))
