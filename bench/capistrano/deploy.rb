# What garment's deploy.conf and bench/floor do, for Capistrano. HOSTS is what Capistrano itself filters by: not that.
set :application, "bench"
set :repo_url, ENV.fetch("BENCH_URL")
set :branch, "master"
set :deploy_to, "~/capistrano"
set :tmp_dir, ENV.fetch("TMPDIR")
set :keep_releases, ENV.fetch("BENCH_KEEP").to_i

ENV.fetch("BENCH_HOSTS").split.each { |host| server host, roles: %w[app] }

def commands(*lines)
  on release_roles(:all) do
    within(release_path) { lines.each { |line| execute(*line) } }
  end
end

task(:migrate) { commands(%i[test -s VERSION], %i[mkdir -p ../../shared], %i[echo migrated]) }
task(:reload) { commands(%i[echo reloaded], %i[touch ../../shared/reloaded], %i[true]) }
after "deploy:updated", :migrate
after "deploy:published", :reload
