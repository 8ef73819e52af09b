# The `skep` program as a Debian package: `cpack` in the build directory writes skep_VERSION_ARCH.deb.
# The library has its own component (Library.cmake) and is not in it.
include(GNUInstallDirs)

install(TARGETS skep RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/skep.service
        DESTINATION lib/systemd/system COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/serve.toml
        DESTINATION /etc/skep COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/copyright
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
# Help, messages and the manual speak of docs/serve.md and others.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program
        FILES_MATCHING PATTERN "*.md" PATTERN adr EXCLUDE PATTERN benchmarks.md EXCLUDE)

# Compressed, as Debian has it.
function(skep_install_gzip from to destination)
  set(made ${CMAKE_BINARY_DIR}/${to}.gz)
  execute_process(COMMAND gzip -9nc ${from} OUTPUT_FILE ${made} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
  install(FILES ${made} DESTINATION ${destination} COMPONENT program)
endfunction()
skep_install_gzip(${CMAKE_SOURCE_DIR}/packaging/skep.1 skep.1 ${CMAKE_INSTALL_MANDIR}/man1)
skep_install_gzip(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog ${CMAKE_INSTALL_DOCDIR})

# `cpack` packs what is built; it does not build every test first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME skep)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Skep <skep@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "web origin whose visitors help to serve its static files")
set(CPACK_COMPONENTS_ALL program)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Publishes a directory as a signed BitTorrent v2 site and serves it over HTTP,\ntogether with the tracker and the browser runtime that let its visitors share\nits public static files. HTTP stays the floor: what peers cannot deliver in\ntime comes from the origin.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/packaging/debian/postinst;${CMAKE_SOURCE_DIR}/packaging/debian/prerm;${CMAKE_SOURCE_DIR}/packaging/debian/postrm;${CMAKE_SOURCE_DIR}/packaging/debian/conffiles")
include(CPack)
